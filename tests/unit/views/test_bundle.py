"""The review page as a file: alone, small, on one scale, and not to be broken out of."""

import json
import re
from base64 import b64decode

import numpy as np
import pytest
from PIL import Image

from sightlab.checks import InputError
from sightlab.views.bundle import BundleConfig, full_color, worst_first, write_bundle
from tests.unit.views.drawn_pages import HOSTILE, cards, draw_roll, maps, tell_authors
from tests.unit.views.test_album_page import Page


@pytest.fixture
def roll(tmp_path):
    return draw_roll(tmp_path / "roll", HOSTILE, ["red_tower"] * 5)


def written(tmp_path, table, name="review.html", found=None, **config):
    found = maps(len(table)) if found is None else found
    path = write_bundle(table, found, tmp_path / name, "model", BundleConfig(**config))
    return path.read_text(encoding="utf-8")


def test_hostile_names_stay_text(tmp_path, roll):
    table = cards(roll)
    table.loc[0, "reason"] = "</p><script>window.broken=1</script>"
    page = Page(written(tmp_path, table, title="<img src=x onerror=alert(1)>"))
    assert len(page.all("script")) == 1
    assert all(not any(name.startswith("on") for name in attributes) for _, attributes in page.tags)
    assert [x["data-photo"] for x in page.all("li") if "data-photo" in x] == list(HOSTILE)
    assert not page.all("i")  # the trace has one


@pytest.mark.parametrize("is_blind", [False, True])
def test_authors_are_named_beside_their_photos(tmp_path, is_blind):
    roll = draw_roll(tmp_path / "roll", ["a.jpg", "b.jpg"], ["red_tower", "red_tower"])
    assert "Photo: <" not in written(tmp_path, cards(roll), is_blind=is_blind)
    tell_authors(tmp_path / "roll", roll, ["", "Bob <i>"])
    html = written(tmp_path, cards(roll), is_blind=is_blind)
    assert html.count('<p class="small quiet">Photo: <bdi>Bob &lt;i&gt;, CC BY 2.0</bdi></p>') == 1
    assert html.count("Photo: <") == 1


def test_one_file_that_loads_nothing(tmp_path, roll):
    html = written(tmp_path, cards(roll))
    assert not re.search(r"https?:|@import|<link", html, re.IGNORECASE)
    assert not re.search(r"\burl\(", html)
    links = [x["src"] for x in Page(html).all("img") if "src" in x]
    assert len(links) == 5  # each photo once: its second place is filled by the script
    assert all(link.startswith("data:image/jpeg;base64,") for link in links)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["review.html", "roll"]


def test_a_folder_holds_the_photos_beside_the_page(tmp_path, roll):
    html = written(tmp_path, cards(roll), "review")
    names = {x["src"] for x in Page(html).all("img") if "src" in x}
    assert names == {f"photos/{n:04d}.jpg" for n in range(1, 6)}
    assert all((tmp_path / "review" / name).is_file() for name in names)


def test_the_photos_carry_no_exif(tmp_path, roll):
    written(tmp_path, cards(roll), "review")
    for path in (tmp_path / "review").rglob("*.jpg"):
        with Image.open(path) as photo:
            assert len(photo.getexif()) == 0


@pytest.mark.parametrize(
    ("unit", "target", "others"),
    [("logit", "runner_up", ("predicted", "true", "difference")), ("cosine", "centroid", ("reference",))],
)
def test_maps_of_one_unit_are_kept_on_one_scale(tmp_path, roll, unit, target, others):
    found = maps(5)
    page = Page(written(tmp_path, cards(roll), found=found))
    of_unit = {name: found[name] for name in (target, *others)}
    limit = full_color(of_unit)
    assert limit == pytest.approx(np.quantile(np.abs(np.concatenate(list(of_unit.values()))), 0.98))
    body = page.all("body")[0]
    assert float(body[f"data-limit-{unit}"]) == pytest.approx(limit, rel=1e-5)
    assert len(body["data-colors"].split()) == 255
    assert body["data-grid"] == "3 4"
    card = next(x for x in page.all("li") if "data-photo" in x)
    steps = np.frombuffer(b64decode(card[f"data-map-{target.replace('_', '-')}"]), np.int8).reshape(3, 4)
    expected = np.clip(found[target][0] / limit, -1, 1)
    assert np.abs(steps / 127 - expected).max() <= 0.5 / 127 + 1e-6
    scales = [x for x in page.all("div") if "data-unit" in x]
    assert [x["data-unit"] for x in scales] == ["logit", "cosine", "own spread"]
    assert [("hidden" in x) for x in scales] == [False, True, True]  # the first target is in logits


def test_a_blind_page_has_neither_answer_nor_truth_in_it(tmp_path, roll):
    html = written(tmp_path, cards(roll), is_blind=True)
    for word in (
        "Red Tower",
        "Blue Dome",
        "data-truth",
        "data-map-true",
        "data-map-difference",
        "similarity 0",
    ):
        assert word not in html
    assert "data-map-predicted" in html
    assert 'data-blind="yes"' in html


def test_four_hundred_photos_of_noise_stay_below_25_megabytes(tmp_path, monkeypatch):
    # Noise is the worst for JPEG: no real photo is as large. Four are encoded, each counts a hundred times.
    from functools import cache

    from sightlab.views import bundle

    monkeypatch.setattr(bundle, "_encoded", cache(bundle._encoded))
    rng = np.random.default_rng(0)
    paths = [tmp_path / f"{n}.png" for n in range(4)]
    for path in paths:
        Image.fromarray(rng.integers(0, 256, (320, 400, 3), dtype=np.uint8)).save(path)
    table = cards([paths[n % 4] for n in range(400)]).assign(photo_id=[f"photo {n}" for n in range(400)])
    written(tmp_path, table)
    size = (tmp_path / "review.html").stat().st_size
    assert 12_000_000 < size < 25_000_000  # and the room is not wasted


def test_more_photos_than_fit_are_refused(tmp_path, roll):
    with pytest.raises(InputError, match="Choose fewer"):
        written(tmp_path, cards(roll * 20).assign(photo_id=[str(n) for n in range(100)]), max_bytes=100_000)


def test_a_missing_photo_is_said_to_be_missing(tmp_path, roll):
    roll[1].unlink()
    found = maps(5)
    found["predicted"][1] = np.nan
    html = written(tmp_path, cards(roll), found=found)
    assert html.count("no longer there when this page was made") == 1


@pytest.mark.parametrize("n", [1, 3])
def test_few_photos_and_no_maps(tmp_path, roll, n):
    page = Page(written(tmp_path, cards(roll, n), found={}))
    assert not [x for x in page.all("select") if x.get("id") == "target"]
    assert len([x for x in page.all("li") if "data-photo" in x]) == n


def test_worst_first():
    import pandas as pd

    table = pd.DataFrame(
        {
            "outcome": [
                "correct",
                "correct_rejection",
                "missed",
                "false_alarm",
                "confused",
                "missed",
                "correct",
            ],
            "similarity": [0.9, 0.5, 0.2, 0.7, 0.8, 0.55, 0.61],
            "threshold": 0.6,
        }
    )
    # confused 0.8, false alarm 0.7; missed 0.55, 0.2; correct 0.61, 0.9; rejected
    assert worst_first(table).tolist() == [4, 3, 5, 2, 6, 0, 1]


def test_what_the_page_exports_is_taken_in(tmp_path):
    """The records that review.js writes, field by field; the browser test presses the keys."""
    from sightlab.views.review import read_reviews, take_in

    line = {
        "id": "0f" * 16, "reviewer": "ann", "time": "2026-11-25T14:03:07.120+00:00", "photo_id": HOSTILE[0],
        "model": "model", "target": "predicted", "verdict": "wrong_object", "note": "", "blind": False,
    }  # fmt: skip
    exported = tmp_path / "ann.jsonl"
    exported.write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert take_in(tmp_path / "reviews", exported) == 1
    assert read_reviews(tmp_path / "reviews")["photo_id"].tolist() == [HOSTILE[0]]


def test_refusals(tmp_path, roll):
    table = cards(roll)
    with pytest.raises(InputError, match="missing: reason"):
        written(tmp_path, table.drop(columns="reason"))
    with pytest.raises(InputError, match="photos to review"):
        written(tmp_path, table.iloc[:0], found={})
    with pytest.raises(InputError, match="by target"):
        written(tmp_path, table, found=maps(4))
    with pytest.raises(InputError, match="by target"):
        written(tmp_path, table, found={"other": maps(5)["true"]})
    with pytest.raises(InputError, match="holds other things"):
        written(tmp_path, table, "roll")
    (tmp_path / "a.html").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        written(tmp_path, table, "a.html")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="Choose a place"):
        written(tmp_path, table, "file/review.html")
