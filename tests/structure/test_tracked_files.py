"""What may be in a commit: no photo, no weights, no path of somebody's machine."""

import json
import re

import pytest

from tests.structure.source import ROOT, name, tracked_files

PICTURES = {
    ".avif",
    ".bmp",
    ".gif",
    ".heic",
    ".jpeg",
    ".jpg",
    ".jxl",
    ".png",
    ".ppm",
    ".tif",
    ".tiff",
    ".webp",
}
FIRST_BYTES = (
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"II*\x00",
    b"MM\x00*",
    b"BM",
)  # a photo under another name
RESULTS = {".ckpt", ".npy", ".npz", ".onnx", ".parquet", ".pkl", ".pt", ".pth", ".safetensors"}
FIGURE_FILES = {".csv", ".json", ".md", ".pdf", ".png"}
FIGURE_BYTES = 600_000  # a chart is far smaller; a sheet of photos is not
# folders that exist on one machine only, wherever they are typed
MACHINE_PATH = re.compile(
    r"""(?:^|[\s"'`(=:])(/(?:home|root|Users|work|mnt|scratch|private)/[\w.-]+|[A-Z]:\\\w{3,})"""
)
INVENTED = ("/home/ann", "C:\\photos")  # nobody's folders, written in tests of such paths


def is_picture(path) -> bool:
    if path.suffix.lower() in PICTURES:
        return True
    with path.open("rb") as file:
        head = file.read(12)
    return head.startswith(FIRST_BYTES) or (head[:4] == b"RIFF" and head[8:] == b"WEBP")


def test_no_picture_is_tracked_outside_figures():
    pictures = [name(p) for p in tracked_files() if name(p).split("/")[0] != "figures" and is_picture(p)]
    assert pictures == []


def test_a_picture_is_recognized_by_its_bytes(tmp_path):
    (tmp_path / "notes.txt").write_bytes(b"\xff\xd8\xff\xe0 JFIF")
    (tmp_path / "plain.txt").write_bytes(b"words")
    assert is_picture(tmp_path / "notes.txt")
    assert not is_picture(tmp_path / "plain.txt")


def test_no_weights_and_no_stored_results_are_tracked():
    assert [name(p) for p in tracked_files() if p.suffix.lower() in RESULTS] == []


def test_figures_holds_small_charts_with_the_numbers_behind_them():
    """Beside each picture stand its CSV and its JSON with profile and commit."""
    for path in [p for p in tracked_files() if name(p).split("/")[0] == "figures"]:
        assert path.suffix in FIGURE_FILES, f"{name(path)}: only {sorted(FIGURE_FILES)} belong here"
        assert path.stat().st_size <= FIGURE_BYTES, f"{name(path)} is too large to be a chart"
        if path.suffix in (".pdf", ".png"):
            assert re.match(r"\d\d_\w+$", path.stem), f"{name(path)}: named after its notebook, 06_name.png"
            assert path.with_suffix(".csv").is_file(), f"{name(path)} has no CSV beside it"
            record = json.loads(path.with_suffix(".json").read_text())
            assert {"profile", "commit"} <= set(record), f"{name(path)}: its JSON has no profile or commit"


def machine_paths(text: str) -> list[str]:
    return [p for p in (match.group(1) for match in MACHINE_PATH.finditer(text)) if p not in INVENTED]


def test_no_path_of_a_machine_is_typed():
    found = {}
    for path in tracked_files():
        if path == ROOT / "tests/structure/test_tracked_files.py" or path.suffix in (".pdf", ".png"):
            continue
        paths = machine_paths(path.read_text(encoding="utf-8", errors="replace"))
        if paths:
            found[name(path)] = paths
    assert found == {}


@pytest.mark.parametrize("text", ['open("/home/bob/x.csv")', "see /Users/bob/photos", r"'C:\Users'"])
def test_each_kind_of_machine_path_is_found(text):
    assert machine_paths(text)


def test_relative_paths_and_addresses_are_let_through():
    assert machine_paths("../shared/photos https://example.org/home/page /usr/bin/env") == []
