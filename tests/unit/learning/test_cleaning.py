"""Cleaning by references: hand cases, a slow literal loop, and what is never dropped."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.data.manifest import Manifest
from sightlab.learning import cleaning
from sightlab.learning.cleaning import (
    CleaningConfig,
    clean,
    nearest_kept_distances,
    same_count_threshold,
)
from sightlab.nets.embedding import EmbeddingTable
from tests.unit.learning.slow_cleaning import exact_rows, slow_equal_error

# a reference is up to this far from itself: the root of 2 - 2 s in single precision, over 3 references
SELF = 5e-4


def on_circle(*degrees):
    """(N, 2) unit rows; two of them are 2 sin(half the angle between them) apart."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def apart(degrees):
    return 2 * math.sin(math.radians(degrees) / 2)


def make_manifest(rows, references):
    """rows: photo_id, landmark_id, split."""
    photos = pd.DataFrame(rows, columns=["photo_id", "landmark_id", "split"])
    photos["path"] = photos["photo_id"] + ".jpg"
    photos = photos.assign(landmark_name="", city="", country="", region="north", lat=np.nan, lon=np.nan)
    names = sorted(set(photos["landmark_id"]) - {"non_landmark"})
    landmarks = pd.DataFrame({"landmark_id": names, "name": names})
    landmarks = landmarks.assign(city="", country="", region="north", lat=0.0, lon=0.0)
    return Manifest(Path(), photos, landmarks, pd.DataFrame(references, columns=["landmark_id", "photo_id"]))


def make_table(photo_ids, vectors):
    return EmbeddingTable(np.array(photo_ids), vectors)


def article(threshold=None):
    """The article's single look."""
    return CleaningConfig(threshold, second_look=0)


@pytest.fixture
def tower():
    """References at 0 and 60 degrees; a near, a far and an opposite photo; another landmark at 180."""
    photos = [
        ("ref0", 0),
        ("ref60", 60),
        ("near", 30),
        ("far", 120),
        ("wrong", 210),
        ("arch0", 180),
        ("arch1", 190),
    ]
    rows = [(name, "arch" if name.startswith("arch") else "tower", "train") for name, _ in photos]
    rows += [("noise", "non_landmark", "train"), ("query", "tower", "test")]
    manifest = make_manifest(rows, [("tower", "ref0"), ("tower", "ref60"), ("arch", "arch0")])
    table = make_table(
        [name for name, _ in photos] + ["noise", "query"], on_circle(*(d for _, d in photos), 10, 20)
    )
    return table, manifest


def test_the_score_is_the_mean_distance_to_the_references(tower):
    cleaned = clean(*tower, article(1.2))
    score = cleaned.set_index("photo_id")["score"]
    # angles to the references at 0 and 60 degrees
    assert score["near"] == pytest.approx((apart(30) + apart(30)) / 2, abs=1e-6)
    assert score["far"] == pytest.approx((apart(120) + apart(60)) / 2, abs=1e-6)  # (1.732 + 1) / 2
    assert score["wrong"] == pytest.approx((apart(150) + apart(150)) / 2, abs=1e-6)
    assert score["ref0"] == pytest.approx((0 + apart(60)) / 2, abs=1e-6)
    assert score["arch1"] == pytest.approx(apart(10), abs=1e-6)


def test_verdicts_by_hand(tower):
    cleaned = clean(*tower, article(1.2))
    assert list(cleaned.columns) == ["photo_id", "landmark_id", "score", "threshold", "keep", "reason"]
    # train photos of landmarks only, in the order of the manifest
    assert cleaned["photo_id"].tolist() == ["ref0", "ref60", "near", "far", "wrong", "arch0", "arch1"]
    # far 1.366 and wrong 1.932 are above 1.2
    assert cleaned["keep"].tolist() == [True, True, True, False, False, True, True]
    assert (cleaned["threshold"] == 1.2).all()
    reason = cleaned.set_index("photo_id")["reason"]
    assert reason["ref0"] == "a reference itself"
    assert reason["near"] == "close to the photos trusted"
    assert reason["wrong"] == "further from the photos trusted than the threshold"


def test_a_photo_exactly_at_the_threshold_is_kept(tower):
    score = clean(*tower, article(2)).set_index("photo_id")["score"]["far"]
    kept = clean(*tower, article(float(score))).set_index("photo_id")["keep"]
    assert kept["far"]
    assert not kept["wrong"]


def test_references_are_always_kept(tower):
    cleaned = clean(*tower, article(0)).set_index("photo_id")
    assert cleaned["score"]["ref0"] > 0.4  # far above the threshold
    assert cleaned.index[cleaned["keep"]].tolist() == ["ref0", "ref60", "arch0"]


@pytest.mark.parametrize("lost", ["no row in the references", "reference without embedding"])
def test_a_landmark_without_references_is_kept_with_a_reason(tower, lost):
    table, manifest = tower
    if lost == "no row in the references":
        references = manifest.references[manifest.references["landmark_id"] != "arch"]
        manifest = Manifest(manifest.root, manifest.photos, manifest.landmarks, references)
        names = ["arch0", "arch1"]
    else:
        rest = [p for p in table.photo_ids if p != "arch0"]
        table = make_table(rest, table.rows(rest))
        names = ["arch1"]
    for threshold in (1.2, 0.0):
        cleaned = clean(table, manifest, article(threshold)).set_index("photo_id")
        unjudged = cleaned[cleaned["landmark_id"] == "arch"]
        assert unjudged.index.tolist() == names
        assert unjudged["keep"].all()
        assert unjudged["score"].isna().all()
        assert set(unjudged["reason"]) == {"kept unjudged: no readable reference"}
    assert cleaned["score"].notna().sum() == 5


def test_nobody_has_references(tower):
    table, manifest = tower
    empty = manifest.references.iloc[:0]
    manifest = Manifest(manifest.root, manifest.photos, manifest.landmarks, empty)
    assert clean(table, manifest, article(1))["keep"].all()
    unjudged = clean(table, manifest, article())
    assert unjudged["keep"].all()
    assert unjudged["reason"].str.startswith("kept unjudged").all()


def slow_clean(table, manifest, threshold=None):
    """Everything photo by photo, in the words of the article."""
    row = dict(zip(table.photo_ids, table.vectors.astype(float), strict=True))
    references = {}
    for reference in manifest.references.itertuples():
        references.setdefault(reference.landmark_id, []).append(row[reference.photo_id])

    def score(photo, landmark):
        distances = [
            math.sqrt(sum((a - b) ** 2 for a, b in zip(row[photo], r, strict=True)))
            for r in references[landmark]
        ]
        return sum(distances) / len(distances)

    photos = [
        p for p in manifest.photos.itertuples() if p.split == "train" and p.landmark_id != "non_landmark"
    ]
    own = {p.photo_id: score(p.photo_id, p.landmark_id) for p in photos}
    if threshold is None:
        others = [score(p.photo_id, name) for p in photos for name in references if name != p.landmark_id]
        threshold = slow_equal_error(list(own.values()), others)
    chosen = {r.photo_id for r in manifest.references.itertuples()}
    return [
        (p.photo_id, own[p.photo_id], own[p.photo_id] <= threshold or p.photo_id in chosen) for p in photos
    ], threshold


def drawn_database(seed):
    """Three landmarks around random directions, 12 photos each, some filed under the wrong one."""
    rng = np.random.default_rng(seed)
    looks = rng.normal(size=(3, 6))
    rows, vectors, references = [], [], []
    for i in range(36):
        landmark = i % 3
        shown = landmark if rng.random() < 0.8 or i < 9 else (landmark + 1) % 3
        vectors.append(looks[shown] + rng.normal(scale=0.5, size=6))
        rows.append((f"p{i:02d}", f"landmark_{landmark}", "train" if i < 30 else "tune"))
        if i < 9:
            references.append((f"landmark_{landmark}", f"p{i:02d}"))
    vectors = np.stack(vectors)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return make_table([row[0] for row in rows], vectors), make_manifest(rows, references)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("threshold", [None, 0.9])
def test_clean_equals_the_slow_loop(seed, threshold):
    table, manifest = drawn_database(seed)
    cleaned = clean(table, manifest, article(threshold))
    expected, slow_threshold = slow_clean(table, manifest, threshold)
    assert cleaned["photo_id"].tolist() == [name for name, _, _ in expected]
    np.testing.assert_allclose(cleaned["score"], [score for _, score, _ in expected], atol=SELF)
    assert cleaned["keep"].tolist() == [keep for _, _, keep in expected]
    assert cleaned["threshold"].iloc[0] == pytest.approx(slow_threshold, abs=SELF)
    assert 0 < cleaned["keep"].sum() < len(cleaned)


def test_a_rotation_of_all_embeddings_changes_no_verdict():
    table, manifest = drawn_database(1)
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(6, 6)))[0]
    turned = make_table(table.photo_ids, (table.vectors @ rotation).astype(np.float32))
    one, other = clean(table, manifest, article()), clean(turned, manifest, article())
    assert one["keep"].tolist() == other["keep"].tolist()
    np.testing.assert_allclose(one["score"], other["score"], atol=SELF)


def test_inputs_stay_as_they_are():
    table, manifest = drawn_database(2)
    vectors, photos = table.vectors.copy(), manifest.photos.copy()
    clean(table, manifest, article())
    assert np.array_equal(table.vectors, vectors)
    pd.testing.assert_frame_equal(manifest.photos, photos)


def test_one_landmark_alone_drops_nothing(tower):
    table, manifest = tower
    alone = manifest.select((manifest.photos["landmark_id"] == "tower").to_numpy())
    unjudged = clean(table, alone, article())  # a region of one landmark must not stop a run
    assert unjudged["keep"].all()
    assert (unjudged["threshold"] == 2).all()
    assert len(clean(table, alone, article(1))) == 5


def test_a_manifest_without_train_photos_of_landmarks_is_refused(tower):
    table, manifest = tower
    with pytest.raises(InputError, match="clean needs train photos of landmarks"):
        clean(table, manifest.split("test"), article(1))


@pytest.mark.parametrize("threshold", [-0.1, 2.1, float("nan")])
def test_impossible_thresholds_are_refused(threshold):
    with pytest.raises(InputError, match=r"threshold=.* is outside \[0, 2\]"):
        article(threshold)


def test_nearest_kept_distances_by_hand():
    # one landmark at 0, 10, 30, 90 degrees (the last one not kept), another one at 180 and 190
    vectors, column = on_circle(0, 10, 30, 90, 180, 190), np.array([0, 0, 0, 0, 1, 1])
    keep = np.array([True, True, True, False, True, True])
    found = nearest_kept_distances(vectors, column, keep, k=2)
    expected = [
        (apart(10) + apart(30)) / 2,  # of 0: 10 and 30, never itself
        (apart(10) + apart(20)) / 2,  # of 10: 0 and 30
        (apart(20) + apart(30)) / 2,  # of 30: 10 and 0
        (apart(60) + apart(80)) / 2,  # of 90: 30 and 10
        apart(10),  # of 180: only 190 is left
        apart(10),
    ]
    np.testing.assert_allclose(found, expected, atol=SELF)


@pytest.mark.parametrize("pairs", [1, 40])  # one photo at a time, and some
def test_nearest_kept_distances_do_not_depend_on_blocks(pairs, monkeypatch):
    rng = np.random.default_rng(0)
    vectors = exact_rows(rng, 60)
    column, keep = rng.integers(0, 4, 60), rng.random(60) < 0.7
    keep[column == 3] = np.arange((column == 3).sum()) < 1  # a landmark with a single kept photo
    whole = nearest_kept_distances(vectors, column, keep, k=5)
    monkeypatch.setattr(cleaning, "PAIRS", pairs)
    assert np.array_equal(nearest_kept_distances(vectors, column, keep, k=5), whole, equal_nan=True)
    for i in range(60):
        others = [
            math.dist(vectors[i], vectors[j]) for j in np.flatnonzero(keep & (column == column[i])) if j != i
        ]
        assert whole[i] == pytest.approx(np.mean(sorted(others)[:5]) if others else np.nan, nan_ok=True)


def test_a_photo_without_another_kept_one_has_no_second_score():
    found = nearest_kept_distances(on_circle(0, 90), np.array([0, 0]), np.array([True, False]), k=3)
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(apart(90), abs=SELF)


def test_same_count_threshold_by_hand():
    score = np.array([0.1, 0.9, 0.5, 0.7])
    assert same_count_threshold(score, 1) == 0.7  # only 0.9 is above
    assert same_count_threshold(score, 0) == 0.9
    assert same_count_threshold(score, 9) == 0.1


@pytest.mark.parametrize("seed", range(4))
def test_the_second_look_drops_as_many_as_the_first(seed):
    table, manifest = drawn_database(seed)
    once, twice = clean(table, manifest, article()), clean(table, manifest, CleaningConfig())
    assert (~twice["keep"]).sum() == (~once["keep"]).sum() > 0
    reference = twice["photo_id"].isin(manifest.references["photo_id"])
    assert twice["keep"][reference].all()
    judged = twice[~reference]
    assert judged["keep"].tolist() == (judged["score"] <= judged["threshold"]).tolist()


def test_the_second_look_agrees_where_the_first_was_right():
    # references at 0; a side view at 70 to 72 degrees just passes, 80 and 200 do not
    angles = [0, 0, 0, 1, 2, 3, 4, 5, 70, 71, 71.5, 72, 80, 200]
    names = [f"p{i}" for i in range(len(angles))]
    manifest = make_manifest([(n, "tower", "train") for n in names], [("tower", n) for n in names[:3]])
    table = make_table(names, on_circle(*angles))
    once = clean(table, manifest, article(apart(72.5))).set_index("photo_id")["keep"]
    twice = clean(table, manifest, CleaningConfig(apart(72.5), second_look=3)).set_index("photo_id")["keep"]
    assert once.index[~once].tolist() == twice.index[~twice].tolist() == ["p12", "p13"]


def test_unjudged_photos_stay_unjudged_in_the_second_look(tower):
    table, manifest = tower
    references = manifest.references[manifest.references["landmark_id"] != "arch"]
    manifest = Manifest(manifest.root, manifest.photos, manifest.landmarks, references)
    cleaned = clean(table, manifest, CleaningConfig(threshold=1.2)).set_index("photo_id")
    assert cleaned["score"][["arch0", "arch1"]].isna().all()
    assert cleaned["keep"][["arch0", "arch1"]].all()
    assert (~cleaned["keep"]).sum() == 2


def test_an_impossible_second_look_is_refused():
    with pytest.raises(InputError, match="second_look"):
        CleaningConfig(second_look=-1)
