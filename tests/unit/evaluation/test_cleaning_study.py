"""The league of cleaners: hand cases, scikit-learn as a witness, and what may not move a number."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.evaluation.cleaning_study import (
    ARTICLE,
    CONFIDENT,
    OURS,
    KnownDirt,
    average_precision,
    cleaning_league,
    league_by_kind,
    left_out,
    noise_dropped_at,
    reference_cost,
    suspicions,
    ways_to_clean,
)
from sightlab.evaluation.metrics import auroc
from sightlab.learning.cleaning_rivals import CleaningInputs


@pytest.fixture(scope="module")
def case():
    """Three landmarks of 24 photos, every sixth filed under the next one; the first 3 are references."""
    rng = np.random.default_rng(1)
    true = np.repeat(np.arange(3), 24)
    place = np.arange(72) % 24
    vectors = np.eye(8)[true] + 0.3 * rng.normal(size=(72, 8))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    is_wrong = (place % 6 == 5) & (place > 3)
    column = np.where(is_wrong, (true + 1) % 3, true)
    is_reference = place < 3
    references = tuple(vectors[is_reference & (true == c)] for c in range(3))
    known = KnownDirt(
        landmark=np.array(["arch", "bell", "cave"], dtype=object)[column],
        is_wrong=is_wrong,
        is_reference=is_reference,
        is_rare_view=(place % 4 == 3) & ~is_wrong,
        kind=np.where(is_wrong, np.where(place < 12, "graphic", "neighbor"), "").astype(object),
    )
    return CleaningInputs(vectors, column, references), known


@pytest.fixture(scope="module")
def scores(case):
    return suspicions(ways_to_clean(case[0]), case[0])


def test_every_way_has_a_column_and_the_article_is_first(scores):
    assert scores.columns[0] == ARTICLE
    assert OURS in scores
    assert len(scores.columns) == 10
    assert scores.notna().all().all()


def test_league_by_hand():
    # judged: a, b, c, d (e is a reference); wrong: b and d
    scores = pd.DataFrame({"one": [0.1, 0.9, 0.3, 0.2, 9.0], "two": [-1.0, 1.0, -2.0, 2.0, 9.0]})
    known = KnownDirt(
        landmark=np.array(list("xxyyx"), dtype=object),
        is_wrong=np.array([False, True, False, True, False]),
        is_reference=np.array([False, False, False, False, True]),
        is_rare_view=np.array([True, False, True, False, True]),
    )
    table = cleaning_league(scores, known, n_resamples=20).set_index("way")
    # one: pairs b>a, b>c, d>a right, d>c wrong -> 3/4; b first, c, d second of three: (1/1 + 2/3) / 2
    assert table["auroc"]["one"] == 3 / 4
    assert table["ap"]["one"] == pytest.approx((1 + 2 / 3) / 2)
    assert (table["auroc"]["two"], table["ap"]["two"], table["gain"]["two"]) == (1, 1, 1 / 4)
    # dropped above 0: one drops all four, two drops b and d
    assert table.loc["one", ["noise_dropped", "other_dropped", "rare_kept"]].tolist() == [1, 1, 0]
    assert table.loc["two", ["noise_dropped", "other_dropped", "rare_kept"]].tolist() == [1, 0, 1]
    assert table.loc["two", ["n_noise", "n_other", "n_rare"]].tolist() == [2, 2, 2]
    assert table["left_out"].tolist() == ["", ""]


def test_shares_of_the_league_have_the_intervals_of_whole_landmarks():
    # 20 wrong photos of x, all dropped, and 20 of y, all kept; one other photo each, of a rare view
    scores = pd.DataFrame({"one": [1.0] * 20 + [-1.0] * 20 + [1.0, -1.0]})
    known = KnownDirt(
        landmark=np.array(["x"] * 20 + ["y"] * 20 + ["x", "y"], dtype=object),
        is_wrong=np.arange(42) < 40,
        is_reference=np.zeros(42, bool),
        is_rare_view=np.arange(42) >= 40,
    )
    row = cleaning_league(scores, known, n_resamples=50).iloc[0]
    for key in ("noise_dropped", "other_dropped", "rare_kept"):
        assert row[[key, f"{key}_low", f"{key}_high"]].tolist() == [0.5, 0, 1]


def few(case, n):
    """The case with n photos of the last landmark; the first three of 24 are its references."""
    inputs, known = case
    use = (inputs.column != 2) | (np.cumsum(inputs.column == 2) <= n)
    facts = {key: value[use] for key, value in vars(known).items()}
    return replace(inputs, vectors=inputs.vectors[use], column=inputs.column[use]), KnownDirt(**facts)


@pytest.mark.parametrize(("n", "n_ways"), [(1, 9), (2, 10), (4, 10)])
def test_a_small_landmark_costs_one_way_at_most(case, n, n_ways):
    inputs, known = few(case, n)
    reasons = left_out(inputs)
    scores = suspicions(ways_to_clean(inputs), inputs)
    assert len(scores.columns) == n_ways
    assert scores.notna().all().all()
    assert set(reasons) == ({CONFIDENT} if n == 1 else set())
    table = cleaning_league(scores, known, n_resamples=5, reasons=reasons)
    assert len(table) == 10
    assert table["auroc"].notna().sum() == n_ways


def test_a_way_left_out_has_a_row_with_its_reason(case):
    inputs, known = few(case, 1)
    ways = {name: way for name, way in ways_to_clean(inputs).items() if name in (ARTICLE, OURS)}
    table = cleaning_league(suspicions(ways, inputs), known, n_resamples=5, reasons=left_out(inputs))
    assert table["way"].tolist() == [ARTICLE, OURS, CONFIDENT]
    assert table["left_out"].tolist() == [
        "",
        "",
        "it judges photos out of sample; 1 landmark(s) have a single photo",
    ]
    assert (
        table.loc[2, ["auroc", "gain_low", "noise_dropped", "other_dropped_high", "rare_kept"]].isna().all()
    )
    assert table["n_noise"].nunique() == 1
    assert table["n_noise"].dtype == int
    assert table["auroc"].dtype == float


def test_average_precision_is_scikit_learns():
    from sklearn.metrics import average_precision_score

    rng = np.random.default_rng(0)
    for _ in range(20):
        score, wrong = rng.normal(size=40).round(1), rng.random(40) < 0.3  # with ties
        wrong[0] = True
        assert average_precision(score, wrong) == pytest.approx(average_precision_score(wrong, score))


def test_noise_dropped_at_by_hand():
    score = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    wrong = np.array([True, False, True, False, False, True])
    # of three others one may go (1/3): above 0.6, the second of them, lie two of three wrong photos
    assert noise_dropped_at(score, wrong, 1 / 3) == pytest.approx(2 / 3)
    assert noise_dropped_at(score, wrong, 0) == pytest.approx(1 / 3)
    assert noise_dropped_at(score, wrong, 1) == 1


def test_references_are_not_judged(case, scores):
    _, known = case
    table = cleaning_league(scores, known, n_resamples=10)
    assert table["n_noise"].iloc[0] + table["n_other"].iloc[0] == 72 - 9
    absurd = scores.copy()
    absurd[known.is_reference] = 99
    pd.testing.assert_frame_equal(cleaning_league(absurd, known, n_resamples=10), table)


def test_intervals_hold_their_value_and_the_first_gains_nothing(case, scores):
    table = cleaning_league(scores, case[1], n_resamples=50)
    assert (table["auroc_low"] <= table["auroc"] + 1e-9).all()
    assert (table["auroc_high"] >= table["auroc"] - 1e-9).all()
    assert table.loc[0, ["gain", "gain_low", "gain_high"]].tolist() == [0, 0, 0]
    judged = case[1].judged
    expected = auroc(scores[OURS].to_numpy()[judged], case[1].is_wrong[judged])
    assert table.set_index("way")["auroc"][OURS] == expected


def test_kinds_are_held_against_all_right_photos(case, scores):
    _, known = case
    table = league_by_kind(scores, known, n_resamples=10).set_index(["way", "kind"])
    use = known.judged & (known.kind != "neighbor")
    expected = auroc(scores[ARTICLE].to_numpy()[use], known.is_wrong[use])
    assert table["auroc"][ARTICLE, "graphic"] == expected
    assert table["n"][ARTICLE, "graphic"] == (known.kind[known.judged] == "graphic").sum()


def test_unknown_kinds_and_no_dirt_are_refused(case, scores):
    _, known = case
    bare = KnownDirt(known.landmark, known.is_wrong, known.is_reference)
    with pytest.raises(InputError, match="kinds of dirt are unknown"):
        league_by_kind(scores, bare)
    clean = KnownDirt(known.landmark, np.zeros(72, bool), known.is_reference)
    with pytest.raises(InputError, match="got 0 wrong of 63"):
        cleaning_league(scores, clean)


def test_more_references_find_more(case):
    inputs, known = case
    pools = {c: np.flatnonzero((inputs.column == c) & ~known.is_wrong)[:6].tolist() for c in range(3)}
    table = reference_cost(inputs, known, pools, summaries=("mean",), n_draws=4)
    assert table["count"].tolist() == [1, 3, 5]  # nobody has 10
    assert table["auroc"].is_monotonic_increasing
    assert (table["n_noise"] + table["n_other"] == 72 - 18).all()  # the pools are not judged


def test_one_reference_is_the_same_for_every_summary(case):
    inputs, known = case
    pools = {c: np.flatnonzero((inputs.column == c) & known.is_reference).tolist() for c in range(3)}
    table = reference_cost(inputs, known, pools, counts=(1,))
    assert table["auroc"].nunique() == 1
