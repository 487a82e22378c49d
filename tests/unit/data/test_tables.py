import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.data.manifest import Manifest
from sightlab.data.tables import Problems, check_texts, links_out, read_table, stays_inside


def write(tmp_path, content, name="manifest.csv"):
    data = content if isinstance(content, bytes) else content.encode()
    (tmp_path / name).write_bytes(data)
    return tmp_path


def test_values_stay_text_and_know_their_line(tmp_path):
    write(tmp_path, 'photo_id,extra,path\n007, x ,a.jpg\n\nNA,"two\nlines", b.jpg \nnull,,c.jpg\n')
    table = read_table(tmp_path, "manifest", ("photo_id", "path"), ("split",))
    assert list(table.columns) == ["photo_id", "path", "split", "where"]
    assert table["photo_id"].tolist() == ["007", "NA", "null"]
    assert table["path"].tolist() == ["a.jpg", "b.jpg", "c.jpg"]
    assert table["split"].tolist() == ["", "", ""]
    # line 3 is empty; the quoted field spans lines 4 and 5, and an editor shows its end in line 5
    assert table["where"].tolist() == ["manifest.csv line 2", "manifest.csv line 5", "manifest.csv line 6"]


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(tmp_path):
    write(tmp_path, b"\xef\xbb\xbfphoto_id,path\r\na,b.jpg\r\n")
    table = read_table(tmp_path, "manifest", ("photo_id", "path"))
    assert table[["photo_id", "path"]].to_numpy().tolist() == [["a", "b.jpg"]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("photo_id,path\na,b,c\nd,e\nf\n", r"header's 2 fields \(2\): .*line 2 has 3; .*line 4 has 1"),
        (
            "photo_id;path\na;b\n",
            "separated by commas; missing: photo_id, path; its header has: photo_id;path",
        ),
        ("", "its header has: nothing"),
        ("photo_id,path,path\na,b,c\n", "name each column once; repeated: path"),
        ('photo_id,path\na,"b\n', "must be a CSV table; after row 0"),
        (b"photo_id,path\na,\xff\xfe.jpg\n", "must be UTF-8"),
        ("photo_id,path\n" + "a" * 200_000 + ",b\n", "field larger than field limit"),
    ],
)
def test_corrupt_tables_say_where(tmp_path, content, message):
    with pytest.raises(InputError, match=message):
        read_table(write(tmp_path, content), "manifest", ("photo_id", "path"))


def test_missing_double_and_broken_files(tmp_path):
    with pytest.raises(InputError, match="there is neither"):
        read_table(tmp_path, "manifest", ("photo_id",))
    write(tmp_path, "photo_id\n")
    write(tmp_path, "no parquet", "manifest.parquet")
    with pytest.raises(InputError, match="Take away the one that is out of date"):
        read_table(tmp_path, "manifest", ("photo_id",))
    (tmp_path / "manifest.csv").unlink()
    with pytest.raises(InputError, match="must be a parquet table"):
        read_table(tmp_path, "manifest", ("photo_id",))


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(InputError, match="is no folder"):
        Manifest.read(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "path", ["a.jpg", "a/b.jpg", "./a.jpg", "a..b/c.jpg", "12:30.jpg", "é\u202f.jpg", "~/a"]
)
def test_paths_inside(path):
    assert stays_inside(path)


@pytest.mark.parametrize(
    "path", ["", ".", "..", "/a", "a/../b", "\\a", "..\\a", "C:a", "\\\\host\\a", "a\0b", "a\nb"]
)
def test_paths_that_could_lead_outside(path):
    assert not stays_inside(path)


def test_links_lead_out_or_not(tmp_path):
    home, outside = tmp_path / "home", tmp_path / "outside"
    for path in (home / "a/x.jpg", outside / "y.jpg"):
        path.parent.mkdir(parents=True)
        path.touch()
    (home / "in.jpg").symlink_to(home / "a/x.jpg")
    (home / "out.jpg").symlink_to(outside / "y.jpg")
    (home / "folder").symlink_to(outside)
    (home / "relative.jpg").symlink_to("../outside/y.jpg")
    (home / "nowhere.jpg").symlink_to(tmp_path / "home_of_another/z.jpg")  # begins like home, is not in it
    paths = ["a/x.jpg", "in.jpg", "gone.jpg", "out.jpg", "folder/y.jpg", "relative.jpg", "nowhere.jpg"]
    expected = [False, False, False, True, True, True, True]
    assert links_out(home, paths).tolist() == expected
    (tmp_path / "link").symlink_to(home)
    assert links_out(tmp_path / "link", paths).tolist() == expected  # the folder itself may be a link
    assert links_out(home, []).tolist() == []


def test_names_that_a_spreadsheet_would_compute_are_told_with_their_line(tmp_path):
    table = pd.DataFrame({"name": ["fine - name", "=1+1", "a\tb", "", "-x"], "where": list("abcde")})
    problems = Problems()
    check_texts(table, ("name",), problems)
    with pytest.raises(InputError) as caught:
        problems.raise_if_any(tmp_path)
    message = str(caught.value)
    assert "a formula in name (2): b: '=1+1'; e: '-x'" in message
    assert r"control characters in name (1): c: 'a\tb'" in message


def test_only_the_wanted_columns_of_a_parquet_are_read(tmp_path):
    table = pd.DataFrame({"photo_id": [7, None], "lat": [1.5, None], "junk": [[1], [2]]})
    table.astype({"photo_id": "Int64"}).to_parquet(tmp_path / "manifest.parquet")
    read = read_table(tmp_path, "manifest", ("photo_id",), ("lat", "split"))
    assert read[["photo_id", "lat", "split"]].to_numpy().tolist() == [["7", "1.5", ""], ["", "", ""]]
    assert read["where"].tolist() == ["manifest.parquet row 0", "manifest.parquet row 1"]
