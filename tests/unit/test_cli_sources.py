"""`sightlab import` and `sightlab fetch`."""

import numpy as np
import pytest
from PIL import Image

from sightlab.cli import build_parser, main
from sightlab.data import fetching


@pytest.fixture
def folders(tmp_path):
    rng = np.random.default_rng(0)
    for i in range(12):
        path = tmp_path / "sorted" / ("dome", "arch", "non_landmark")[i % 3] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (8, 12, 3), dtype=np.uint8)).save(path)
    return tmp_path / "sorted"


def run(*words) -> int:
    return main([str(word) for word in words])


@pytest.mark.parametrize("name", ["import", "fetch"])
def test_each_command_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as stop:
        main([name, "--help"])
    assert stop.value.code == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 110


def test_imported_folders_pass_the_check(folders, tmp_path, capsys):
    (folders / "dome" / "broken.png").write_bytes(b"no photo")
    assert run("import", "folders", folders, "--out", tmp_path / "photos", "--check") == 0
    told = capsys.readouterr()
    assert "left out: 1 not an image" in told.err
    assert "12 photos (8 of 2 landmarks" in told.out
    assert run("check", tmp_path / "photos") == 0
    assert run("import", "folders", folders, "--out", tmp_path / "photos") == 2  # never over what is there
    assert "nothing is overwritten" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["gldv2", "nowhere"], "expected train.csv"),
        (["csv", "nowhere.csv"], "there is none"),
        (["places365", "nowhere"], "torchvision"),
        (["camera-roll", "nowhere"], "needs --landmarks"),
        (["gldv2", "nowhere", "--country", "Oz"], "names no countries"),
    ],
)
def test_what_is_not_there_is_refused_in_words(words, told, capsys):
    assert run("import", *words) == 2
    assert told in capsys.readouterr().err


def test_nothing_is_fetched_that_was_not_asked_for(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(fetching, "fetch", lambda url, *_: asked.append(url) or pytest.fail("fetched"))
    assert run("fetch", "gldv2", "--to", tmp_path, "--no-tables") == 0
    assert asked == []


def test_arguments_of_fetch():
    chosen = build_parser().parse_args(["fetch", "gldv2", "--to", "d", "--part", "000", "--part", "017"])
    assert (chosen.part, chosen.split, chosen.no_tables) == ([0, 17], "train", False)


def test_a_part_that_does_not_exist_is_refused_before_anything_is_fetched(tmp_path, capsys):
    assert run("fetch", "gldv2", "--to", tmp_path, "--part", "500") == 2
    assert "part 500 of train does not exist" in capsys.readouterr().err
