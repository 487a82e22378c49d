"""Thumbnails: small, remembered, and a reason where there is no photo."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from sightlab.views import explorer_photos
from sightlab.views.explorer_photos import PhotoShelf


@pytest.fixture
def shelf(tmp_path, rng):
    for name, size in (("wide", (300, 400)), ("small", (20, 30))):
        Image.fromarray(rng.integers(0, 256, (*size, 3), dtype=np.uint8)).save(tmp_path / f"{name}.jpg")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    return PhotoShelf({name: tmp_path / f"{name}.jpg" for name in ("wide", "small", "broken", "gone")})


@pytest.mark.parametrize(("name", "size"), [("wide", (100, 75)), ("small", (30, 20))])
def test_the_long_side_is_what_was_asked_for_and_never_larger(shelf, name, size):
    picture, problem = shelf.jpeg(name, 100)
    assert Image.open(BytesIO(picture)).format == "JPEG"
    assert Image.open(BytesIO(picture)).size == size
    assert problem == ""


@pytest.mark.parametrize(
    ("name", "reason"), [("gone", "missing"), ("broken", ""), ("nobody", "not in the manifest")]
)
def test_what_cannot_be_read_says_why(shelf, name, reason):
    picture, problem = shelf.jpeg(name, 100)
    assert picture == b""
    assert problem
    assert reason in problem


def test_a_file_that_comes_back_is_shown(shelf, tmp_path):
    assert shelf.jpeg("gone", 100)[0] == b""
    (tmp_path / "gone.jpg").write_bytes((tmp_path / "small.jpg").read_bytes())
    assert shelf.jpeg("gone", 100)[0] == shelf.jpeg("small", 100)[0]


def test_photos_are_decoded_once_and_the_oldest_forgotten(shelf, monkeypatch):
    decoded = []
    real = explorer_photos.open_photo
    monkeypatch.setattr(explorer_photos, "open_photo", lambda p, **k: decoded.append(p.stem) or real(p, **k))
    monkeypatch.setattr(explorer_photos, "REMEMBERED", 2)
    for pixels in (100, 100, 50, 60, 100):
        shelf.jpeg("wide", pixels)
    assert len(decoded) == 4  # 100, 50, 60, and 100 again: it was forgotten for 60
