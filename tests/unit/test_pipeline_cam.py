"""Maps of evidence of a trained run: photos by a rule, targets that add up, and their measures."""

import numpy as np
import pandas as pd
import pytest

from sightlab import pipeline_cam as cam
from sightlab import pipeline_cam_studies as studies
from sightlab.evaluation.road import FRACTIONS, ORDERS
from sightlab.views.cam_sanity import PARTS
from sightlab.views.figures_base import words


@pytest.fixture(scope="module")
def photos(trained):
    return cam.study_photos(trained, 1, most=6)


def test_every_second_landmark_by_name_and_a_seeded_sample(trained, photos):
    names = sorted(trained.network.class_ids[1:])
    half = cam.study_photos(trained, 2)
    assert set(half["landmark_id"]) == set(names[::2])
    assert set(half["split"]) == {"test"}
    assert len(photos) == 6
    pd.testing.assert_frame_equal(photos, cam.study_photos(trained, 1, most=6))
    assert photos["photo_id"].tolist() != cam.study_photos(trained, 1, most=6, seed=1)["photo_id"].tolist()


def test_targets_say_the_scores_that_recognition_uses(trained, photos):
    in_logits, in_similarity, captions = cam.targets(trained, photos)
    np.testing.assert_allclose(
        in_logits["difference"], in_logits["true landmark"] - in_logits["runner-up"], atol=1e-5
    )
    vectors = trained.table.rows(photos["photo_id"])
    for i, (name, caption) in enumerate(zip(photos["landmark_id"], captions, strict=True)):
        own = trained.gallery.vectors[trained.gallery.landmark_ids == name]
        said = float(caption.split("centroid ")[1].split(",")[0])
        assert said == pytest.approx(float((own @ vectors[i]).max()), abs=0.006)  # 2 decimals are written
        assert caption.startswith(f"{words(name)}: ")  # as people say it, not as files spell it
        assert f"runner-up {words(name)}:" not in caption
    assert all(v.shape == in_logits["difference"].shape for v in in_similarity.values())


def test_photographs_have_no_known_pixels(trained, photos):
    assert not cam.has_truth(trained)
    assert cam.outlines(trained, photos) is None
    places, told = studies.located(trained, photos), studies.pairs(trained)
    assert len(places) == len(told) == 0
    assert {"cells", "way", "inside"} <= set(places.columns)
    assert len(studies.with_intervals(places, ["cells", "way"], ["inside"])) == 0


def test_located_by_hand_where_the_pixels_are_known(trained, photos, monkeypatch):
    """The landmark fills the left half: evidence there counts, and chance is one half."""
    mask = np.zeros((40, 60), bool)
    mask[:, :30] = True
    monkeypatch.setattr(studies, "has_truth", lambda bench: True)
    monkeypatch.setattr(studies, "masks", lambda bench, ids, names: [mask] * len(ids))
    places = studies.located(trained, photos, (1.0, 2.0))
    assert sorted(places["cells"].unique()) == [2, 4]  # 64 and 128 pixels, each cell 32
    blind = places[places["way"] == "anywhere"]
    assert len(blind) == 12
    assert blind["inside"].to_numpy() == pytest.approx(0.5)
    assert blind["pointing"].unique().tolist() == [0.5]
    assert places[places["way"] == "middle"]["inside"].to_numpy() == pytest.approx(0.5)
    maps = cam.targets(trained, photos)[0]["true landmark"]
    own = places[(places["way"] == "evidence") & (places["cells"] == 2)]["inside"].to_numpy()
    positive = np.clip(maps, 0, None)
    total = positive.sum(axis=(1, 2))
    slow = np.divide(positive[:, :, 0].sum(axis=1), total, out=np.full(6, np.nan), where=total > 0)
    np.testing.assert_allclose(own, slow, atol=1e-6)


def test_removal_and_random_weights_become_numbers(trained, photos):
    few = photos.head(3)
    removed = studies.removal(trained, few)
    assert len(removed) == len(ORDERS) * (1 + len(FRACTIONS)) * 3
    assert removed["probability"].between(0, 1).all()
    start = removed[removed["removed"] == 0].groupby("photo_id")["probability"]
    assert (start.nunique() == 1).all()  # nothing removed is the same in every order
    agreement, maps = studies.randomized(trained, few)
    assert list(maps) == ["trained", *PARTS]
    assert agreement["correlation"].dropna().between(-1, 1).all()
    numbers = studies.numbers_of(studies.located(trained, few), studies.pairs(trained), removed, agreement)
    assert numbers["cam_inside_share"] is None
    assert numbers["cam_pairs_told"] is None
    left = removed[(removed["removed"] > 0)].groupby("order")["probability"].mean()
    assert numbers["cam_road_deletion"] == pytest.approx(left["most"])
    assert numbers["cam_road"] == pytest.approx((left["least"] - left["most"]) / 2)
    assert numbers["cam_road_low"] <= numbers["cam_road"] <= numbers["cam_road_high"]
    trained.workspace.report("05_class_activation_maps", numbers)  # flat, and None where nothing is known


def test_numbers_by_hand_where_truth_is_known():
    rows = [
        {"photo_id": f"p{i}", "landmark_id": "a", "way": way, "cells": cells, "inside": v, "pointing": 1.0}
        for cells, shift in ((5, 0.0), (8, 0.2))
        for i in range(2)
        for way, v in (("evidence", 0.5 + shift), ("middle", 0.4), ("anywhere", 0.3))
    ]
    told = pd.DataFrame({"is_told": [True, True, False, True]})
    facts = {"landmark_id": "a", "removed": 0.5}
    left = [
        {"photo_id": p, "order": o, "probability": v} | facts
        for p in ("p0", "p1")
        for o, v in (("most", 0.1), ("least", 0.7), ("random", 0.4))
    ]
    agreement = pd.DataFrame({"landmark_id": "a", "part": PARTS, "correlation": [0.9, 0, 0, 0, 0.2]})
    numbers = studies.numbers_of(pd.DataFrame(rows), told, pd.DataFrame(left), agreement)
    assert numbers["cam_inside_share"] == pytest.approx(0.5)
    assert numbers["cam_inside_share_gain"] == pytest.approx(0.1)  # over the middle, not over anywhere
    assert numbers["cam_inside_share_fine_gain"] == pytest.approx(0.3)
    assert numbers["cam_pairs_told"] == 3 / 4
    assert numbers["cam_road"] == pytest.approx((0.7 - 0.1) / 2)
    assert numbers["random_weights_correlation"] == pytest.approx(
        0.2
    )  # everything random, not the classifier
    assert numbers["n_cam_photos"] == 2


def test_grad_cam_agrees_and_the_network_stays(trained, photos):
    modes = [m.training for m in trained.network.modules()]
    assert studies.grad_cam_difference(trained, photos.head(2)) < 1e-4
    assert [m.training for m in trained.network.modules()] == modes


def test_own_spread_makes_maps_of_any_size_comparable():
    maps = np.random.default_rng(0).normal(size=(2, 3, 3))
    small, large = (cam.in_own_spread({"a": f * maps})["a"] for f in (1e-9, 1e9))
    np.testing.assert_allclose(small, large)
    np.testing.assert_allclose((small**2).mean(axis=(1, 2)), 1)
    assert (cam.in_own_spread({"a": np.zeros((1, 2, 2))})["a"] == 0).all()
