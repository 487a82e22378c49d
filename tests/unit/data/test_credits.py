"""Credits of photos found by their files: which folder tells, what is said, and whose tables are ignored."""

from pathlib import Path

import pandas as pd
import pytest

from sightlab.data.credits import Credit, credits_of, short_license

CC_BY = "https://creativecommons.org/licenses/by/2.0/"


def folder(root: Path, manifest: str, attribution: str | None = None) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    (root / "manifest.csv").write_text(manifest)
    if attribution is not None:
        (root / "attribution.csv").write_text(attribution)
    return root


@pytest.fixture
def told(tmp_path):
    return folder(
        tmp_path / "photos",
        "photo_id,path,landmark_id\na,0/a.jpg,tower\nb,b.jpg,tower\nc,c.jpg,tower\n",
        f"photo_id,author,license,title,url\nb,Bob,{CC_BY},A dome,https://example.org/b\na,Ann,,,\n",
    )


def test_credits_come_by_path_in_the_order_asked(told):
    found = credits_of([told / "b.jpg", str(told / "0/a.jpg"), told / "c.jpg", told / "unknown.jpg"])
    assert list(found) == [str(told / "b.jpg"), str(told / "0/a.jpg")]  # nobody told of c
    assert found[str(told / "b.jpg")] == Credit("Bob", "CC BY 2.0", "A dome", "https://example.org/b")
    assert [str(credit) for credit in found.values()] == ["Bob, CC BY 2.0", "Ann"]


def test_relative_paths_and_several_folders(told, tmp_path, monkeypatch):
    folder(tmp_path / "other", "photo_id,path,author,license\na,b.jpg,Eve,CC0 1.0\n")
    bare = folder(tmp_path / "bare", "photo_id,path\na,b.jpg\n")
    monkeypatch.chdir(tmp_path)
    found = credits_of(["other/b.jpg", "photos/b.jpg", bare / "b.jpg", "nowhere/b.jpg"])
    assert {path: str(credit) for path, credit in found.items()} == {
        "other/b.jpg": "Eve, CC0 1.0",  # from columns of its manifest
        "photos/b.jpg": "Bob, CC BY 2.0",
    }
    assert credits_of([]) == {}


def test_attribution_goes_before_the_manifest(tmp_path):
    root = folder(
        tmp_path,
        "photo_id,path,author,license\na,a.jpg,Old,Old license\n",
        "photo_id,author,license,title,url\na,New,,,\n",
    )
    assert str(credits_of([root / "a.jpg"])[str(root / "a.jpg")]) == "New, Old license"


def test_a_parquet_manifest_is_read_too(tmp_path):
    table = pd.DataFrame({"photo_id": ["a"], "path": ["a.jpg"], "author": ["Ann"], "license": [""]})
    table.to_parquet(tmp_path / "manifest.parquet")
    assert str(credits_of([tmp_path / "a.jpg"])[str(tmp_path / "a.jpg")]) == "Ann"


@pytest.mark.parametrize("manifest", ["author,license\n1,2\n", 'photo_id,path,author\n"a,b\n', "\x00author"])
def test_a_strangers_table_of_that_name_says_nothing(tmp_path, manifest):
    root = folder(tmp_path, manifest, "photo_id,author\n")
    assert credits_of([root / "a.jpg"]) == {}


@pytest.mark.parametrize(
    ("license", "expected"),
    [
        ("http://creativecommons.org/licenses/by-sa/3.0/", "CC BY-SA 3.0"),
        ("https://creativecommons.org/licenses/by/2.5/deed.en", "CC BY 2.5"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "Public Domain Mark 1.0"),
        ("GFDL ", "GFDL"),
        ("https://example.org/licenses/by/3.0/", "https://example.org/licenses/by/3.0/"),
        ("", ""),
    ],
)
def test_short_names_of_licenses(license, expected):
    assert short_license(license) == expected
