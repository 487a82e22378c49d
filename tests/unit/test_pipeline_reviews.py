"""Sheets of judged maps: which, in which order, and whose verdicts."""

import numpy as np

from sightlab import pipeline_failures as failures
from sightlab.nets.network import network_key
from sightlab.pipeline_reviews import judged, review_sheet
from sightlab.views.review import ReviewLog, read_reviews
from sightlab.views.review_lines import VERDICTS


def test_what_was_judged_becomes_a_sheet(trained, tmp_path):
    table = failures.answers(trained)
    ann, bob = (ReviewLog(tmp_path, name, network_key(trained.network)) for name in ("ann", "bob"))
    first, second = table["photo_id"][:2]
    ann.press(first, "context", target="predicted")
    ann.press(second, "context", target="predicted")
    bob.press(second, "unclear", target="predicted")
    ann.press(first, "context", target="centroid")  # no map in logits
    ReviewLog(tmp_path, "eve", "another network").press(first, "unclear", target="predicted")
    reviews = read_reviews(tmp_path)
    sheet = review_sheet(trained, reviews)
    texts = [text.get_text() for text in sheet.axes[0].texts]
    best = table.set_index("photo_id")["best_landmark_id"]
    assert texts == [  # what they see differently comes first
        f"{best[second]}\nann: {VERDICTS['context']}, bob: {VERDICTS['unclear']}",
        f"{best[first]}\nann: {VERDICTS['context']}",
    ]
    empty = review_sheet(trained, reviews[:0])
    assert [text.get_text() for text in empty.texts] == ["No map of this network was judged yet."]


def test_photos_that_are_not_here_and_maps_that_cannot_be_are_left_out(trained, tmp_path):
    table = failures.answers(trained)
    log = ReviewLog(tmp_path, "ann", network_key(trained.network))
    log.press("elsewhere", "context", target="predicted")
    log.press(table["photo_id"][0], "context", target="mood")
    assert judged(trained, read_reviews(tmp_path)).empty


def test_the_map_of_a_difference_is_one(trained, tmp_path, monkeypatch):
    from sightlab.data.photos import open_photo
    from sightlab.nets.backbones import square_photo
    from sightlab.views import cam, figures

    table = failures.answers(trained)
    photo = table.loc[table["outcome"] == "correct", "photo_id"].iloc[0]  # its runner-up is a class, too
    log = ReviewLog(tmp_path, "ann", network_key(trained.network))
    for target in ("difference", "predicted"):
        log.press(photo, "context", target=target)
    drawn = []
    monkeypatch.setattr(figures, "cam_sheet", lambda photos, maps, *_, **__: drawn.append(maps))
    review_sheet(trained, read_reviews(tmp_path))
    rows = judged(trained, read_reviews(tmp_path))
    pixels = square_photo(open_photo(trained.manifest.root / rows["path"][0]), 64)[None]
    best, other = rows["answered"][:1], rows["instead"][:1]
    np.testing.assert_allclose(
        drawn[0][0], cam.difference(trained.network, pixels, best, other)[0], atol=1e-4
    )
    np.testing.assert_allclose(drawn[0][1], cam.class_activation(trained.network, pixels, best)[0], atol=1e-4)
