"""Rival cleaners: hand cases on a circle, slow literal loops, and what none of them may do."""

import math

import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.learning import cleaning_rivals as rivals
from sightlab.learning.cleaning import CleaningConfig, clean
from sightlab.learning.cleaning_distances import mean_reference_distances
from sightlab.learning.cleaning_rivals import CleaningInputs
from tests.unit.learning.test_cleaning import make_manifest, make_table


def on_circle(*degrees):
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def apart(degrees):
    return 2 * math.sin(math.radians(degrees) / 2)


@pytest.fixture
def two_landmarks():
    """Tower near 0, arch near 180; the photo at 170 is filed under tower and wrong."""
    return CleaningInputs(
        vectors=on_circle(0, 10, 20, 170, 180, 190, 200),
        column=np.array([0, 0, 0, 0, 1, 1, 1]),
        references=(on_circle(0, 60), on_circle(180)),
    )


@pytest.fixture
def crowds():
    """Three landmarks of 20 photos in 8 dimensions, three of each filed under the next landmark."""
    rng = np.random.default_rng(0)
    centers = np.eye(8)[:3]
    true = np.repeat(np.arange(3), 20)
    vectors = centers[true] + 0.12 * rng.normal(size=(60, 8))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    column = true.copy()
    wrong = np.isin(np.arange(60) % 20, [3, 11, 17])
    column[wrong] = (true[wrong] + 1) % 3
    references = tuple(vectors[(true == c) & ~wrong][:3] for c in range(3))
    return CleaningInputs(vectors, column, references), wrong


def test_summaries_by_hand(two_landmarks):
    # the photo at 20 degrees is 20 and 40 degrees from the references of the tower
    near, far = apart(20), apart(40)
    mean = rivals.reference_distances(two_landmarks, "mean")
    least = rivals.reference_distances(two_landmarks, "min")
    soft = rivals.reference_distances(two_landmarks, "soft_min", softness=0.1)
    assert mean[2, 0] == pytest.approx((near + far) / 2, abs=1e-6)
    assert least[2, 0] == pytest.approx(near, abs=1e-6)
    expected = -0.1 * math.log((math.exp(-near / 0.1) + math.exp(-far / 0.1)) / 2)
    assert soft[2, 0] == pytest.approx(expected, abs=1e-6)
    assert mean[2, 1] == least[2, 1] == pytest.approx(apart(160), abs=1e-6)  # one reference: all agree


def test_the_mean_is_the_cleaner_in_use(crowds):
    inputs, _ = crowds
    expected = mean_reference_distances(inputs.vectors, list(inputs.references))
    np.testing.assert_allclose(rivals.reference_distances(inputs, "mean"), expected, atol=1e-6)


def test_the_soft_minimum_lies_between_min_and_mean(crowds):
    inputs, _ = crowds
    least, mean = (rivals.reference_distances(inputs, s) for s in ("min", "mean"))
    soft = rivals.reference_distances(inputs, "soft_min")
    assert (soft >= least - 1e-9).all()
    assert (soft <= mean + 1e-9).all()
    hard = rivals.reference_distances(inputs, "soft_min", softness=1e-4)
    np.testing.assert_allclose(hard, least, atol=1e-3)


def test_margin_by_hand():
    table = np.array([[0.3, 0.5, 0.9], [0.8, 0.2, 0.6]])
    # first photo: 0.3 - 0.5; 0.5 - 0.3; 0.9 - 0.3.  second: 0.8 - 0.2; 0.2 - 0.6; 0.6 - 0.2
    np.testing.assert_allclose(rivals.margin(table), [[-0.2, 0.2, 0.6], [0.6, -0.4, 0.4]])


def test_neighbor_disagreement_equals_the_slow_loop(crowds):
    inputs, _ = crowds
    k = 7
    found = rivals.neighbor_disagreement(inputs, k)
    for i in range(0, 60, 7):
        distance = [np.linalg.norm(inputs.vectors[i] - other) for other in inputs.vectors]
        near = [j for j in np.argsort(distance) if j != i][:k]
        for c in range(3):
            assert found[i, c] == pytest.approx(1 - sum(inputs.column[j] == c for j in near) / k)


def test_a_small_landmark_is_asked_for_as_many_neighbors_as_it_has(two_landmarks):
    # the arch has 3 photos, so 2 neighbors of its own: the photo at 190 has both (180, 200)
    assert rivals.neighbor_disagreement(two_landmarks, k=10)[5, 1] == 0


def test_second_look_drops_as_many_as_the_first_and_more_of_the_wrong_ones(crowds):
    inputs, wrong = crowds
    first = rivals.fixed_rule(
        rivals.reference_distances(inputs, "mean"), 0.45
    )  # too strict: right ones go, too
    n_first = (first.score(inputs.column) > 0).sum()
    again = rivals.second_look(inputs, first).score(inputs.column)
    assert (again > 0).sum() == n_first > wrong.sum()
    assert (again > 0)[wrong].all()


def test_second_look_is_the_cleaner_in_use(crowds):
    inputs, _ = crowds
    # a bad reference of each landmark: a photo filed wrongly, which the first look would drop
    is_reference = np.isin(np.arange(60) % 20, [0, 1, 3])
    references = tuple(inputs.vectors[is_reference & (inputs.column == c)] for c in range(3))
    inputs = CleaningInputs(inputs.vectors, inputs.column, references, is_reference)
    ids = [f"p{i:02d}" for i in range(60)]
    names = [f"landmark {c}" for c in inputs.column]
    manifest = make_manifest(
        [(photo, name, "train") for photo, name in zip(ids, names, strict=True)],
        [(name, photo) for photo, name, mine in zip(ids, names, is_reference, strict=True) if mine],
    )
    cleaned = clean(make_table(ids, inputs.vectors), manifest, CleaningConfig())
    first = rivals.global_rule(inputs, rivals.reference_distances(inputs, "mean"))
    assert (first.score(inputs.column) > 0)[is_reference].any()
    again = rivals.second_look(inputs, first)
    assert (again.score(inputs.column) <= 0).tolist() == cleaned["keep"].tolist()
    assert again.threshold[0] == pytest.approx(cleaned["threshold"][0], abs=1e-6)
    own = again.table[np.arange(60), inputs.column]
    np.testing.assert_allclose(own[~is_reference], cleaned["score"][~is_reference], atol=1e-6)
    assert (~cleaned["keep"]).sum() > 0


@pytest.mark.parametrize("way", ["mean", "soft_min", "neighbors", "doubt"])
def test_every_way_finds_the_wrong_photos_of_an_easy_case(crowds, way):
    inputs, wrong = crowds
    table = {
        "mean": lambda: rivals.reference_distances(inputs, "mean"),
        "soft_min": lambda: rivals.reference_distances(inputs, "soft_min"),
        "neighbors": lambda: rivals.neighbor_disagreement(inputs),
        "doubt": lambda: rivals.out_of_sample_doubt(inputs),
    }[way]()
    for rule in (rivals.global_rule, rivals.landmark_rule):
        score = rule(inputs, table).score(inputs.column)
        # wrong photos of one landmark side with each other, so neighbors may tie where all else is clear
        assert score[wrong].min() >= np.quantile(score[~wrong], 0.9)
        assert (score[~wrong] > 0).mean() <= 0.1


def test_confident_learning_drops_what_cleanlab_drops(crowds):
    from cleanlab.filter import find_label_issues

    inputs, wrong = crowds
    doubt = rivals.out_of_sample_doubt(inputs)
    score = rivals.confident_learning(inputs, doubt).score(inputs.column)
    probability = (1 - doubt) / (1 - doubt).sum(axis=1, keepdims=True)
    assert np.array_equal(score > 0, find_label_issues(inputs.column, probability, n_jobs=1))
    assert (score > 0)[wrong].mean() > 0.9


def test_sub_center_angles_part_the_wrong_photos(crowds):
    inputs, wrong = crowds
    angles = rivals.sub_center_angles(inputs, epochs=15)
    assert angles.shape == (60, 3)
    assert (angles >= 0).all()
    assert (angles <= 180).all()
    own = angles[np.arange(60), inputs.column]
    assert own[wrong].min() > np.median(own[~wrong])


def test_sub_center_angles_repeat_and_leave_the_random_state_alone(crowds):
    import torch

    inputs, _ = crowds
    state = torch.get_rng_state()
    first = rivals.sub_center_angles(inputs, epochs=2)
    assert torch.equal(torch.get_rng_state(), state)
    assert np.array_equal(first, rivals.sub_center_angles(inputs, epochs=2))
    assert not np.array_equal(first, rivals.sub_center_angles(inputs, epochs=2, seed=1))


def test_a_score_is_the_distance_above_the_own_threshold():
    table = np.array([[0.3, 0.5], [0.8, 0.2]])
    suspicion = rivals.Suspicion(table, np.array([0.4, 0.1]))
    np.testing.assert_allclose(suspicion.score(np.array([0, 1])), [0.3 - 0.4, 0.2 - 0.1])
    np.testing.assert_allclose(rivals.fixed_rule(table, 0.6).score(np.array([0, 0])), [-0.3, 0.2])


def test_rules_by_hand():
    # landmark 0: own 0.2, 0.6 against 0.5, 0.9 of the others; landmark 1: own 0.1, 0.3 against 0.7, 0.8
    inputs = CleaningInputs(on_circle(0, 1, 2, 3), np.array([0, 0, 1, 1]), (on_circle(0), on_circle(90)))
    table = np.array([[0.2, 0.7], [0.6, 0.8], [0.5, 0.1], [0.9, 0.3]])
    # landmark 0: at 0.2 half dropped, none let in; at 0.6 none dropped, half let in: equal, the first wins
    # landmark 1: at 0.1 half dropped, none let in; at 0.3 none dropped, none let in
    np.testing.assert_allclose(rivals.landmark_rule(inputs, table).threshold, [0.2, 0.3])
    # all: own 0.1 0.2 0.3 0.6, others 0.5 0.7 0.8 0.9; at 0.3: 1/4 dropped, 0; at 0.6: 0, 1/4
    np.testing.assert_allclose(rivals.global_rule(inputs, table).threshold, [0.3, 0.3])


def test_inputs_are_checked():
    with pytest.raises(InputError, match=r"without references: \[1\]"):
        CleaningInputs(on_circle(0), np.array([0]), (on_circle(0), np.empty((0, 2), np.float32)))
    with pytest.raises(InputError, match="got 1 landmarks"):
        CleaningInputs(on_circle(0), np.array([0]), (on_circle(0),))


def test_impossible_settings_are_refused(two_landmarks):
    with pytest.raises(InputError, match=r"summary='median' is unknown. Choose mean, min or soft_min"):
        rivals.reference_distances(two_landmarks, "median")
    with pytest.raises(InputError, match="softness"):
        rivals.reference_distances(two_landmarks, "soft_min", softness=0)
    with pytest.raises(InputError, match="n_folds=1"):
        rivals.out_of_sample_doubt(two_landmarks, n_folds=1)


def with_few(inputs, n):
    """The same inputs with n photos of the last landmark."""
    last = inputs.column.max()
    use = (inputs.column != last) | (np.cumsum(inputs.column == last) <= n)
    return CleaningInputs(inputs.vectors[use], inputs.column[use], inputs.references)


@pytest.mark.parametrize(("n", "folds"), [(2, 2), (3, 3), (4, 4), (7, 5)])
def test_as_many_folds_as_the_smallest_landmark_allows(crowds, n, folds):
    few = with_few(crowds[0], n)
    doubt = rivals.out_of_sample_doubt(few)
    assert np.array_equal(doubt, rivals.out_of_sample_doubt(few, n_folds=folds))
    assert np.isfinite(doubt).all()
    np.testing.assert_allclose((1 - doubt).sum(axis=1), 1)
    if folds > 2:
        assert not np.array_equal(doubt, rivals.out_of_sample_doubt(few, n_folds=folds - 1))


@pytest.mark.parametrize("n", [0, 1])
def test_a_landmark_that_cannot_be_learned_out_of_sample_is_refused(crowds, n):
    with pytest.raises(InputError, match=f"two photos of every landmark; landmark number 2 has {n}"):
        rivals.out_of_sample_doubt(with_few(crowds[0], n))
