"""Measurements against a known truth: by hand, against slow versions, and where nothing can be measured."""

from inspect import unwrap
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.evaluation.truth import cleaning_by_kind, look_alike_outcomes, views_agreement


def verdicts(scores, keep=None) -> pd.DataFrame:
    ids = [f"p{i}" for i in range(len(scores))]
    keep = [score < 0.5 for score in scores] if keep is None else keep
    return pd.DataFrame(
        {"photo_id": ids, "landmark_id": ["a", "b"] * (len(scores) // 2), "score": scores, "keep": keep}
    )


def known(**kinds: str) -> pd.DataFrame:
    return pd.DataFrame({"photo_id": list(kinds), "kind": list(kinds.values())}, dtype=str)


def test_every_kind_is_compared_with_the_right_photos_only():
    # right 0.1, 0.2, 0.6; graphic 0.9 beats all three: 3/3. neighbor 0.4 beats two of them: 2/3, whatever
    # the graphic scores
    cleaned = verdicts([0.1, 0.2, 0.6, 0.9, 0.4, np.nan])
    table = cleaning_by_kind(cleaned, known(p3="graphic", p4="neighbor", p9="graphic"))
    assert list(table["kind"]) == ["graphic", "neighbor"]
    assert list(table["n"]) == [1, 1]
    assert list(table["auroc"]) == [1.0, pytest.approx(2 / 3)]
    assert list(table["dropped"]) == [1.0, 0.0]  # dropped above 0.5
    assert (table["dropped_low"] <= table["dropped"]).all()
    assert (table["dropped"] <= table["dropped_high"]).all()


def test_the_auroc_of_a_kind_is_the_share_of_pairs_in_order():
    rng = np.random.default_rng(0)
    scores, kinds = rng.random(60), rng.choice(["", "x", "y"], 60)
    cleaned = verdicts(list(scores))
    noise = known(**{f"p{i}": kind for i, kind in enumerate(kinds) if kind})
    table = cleaning_by_kind(cleaned, noise).set_index("kind")
    for kind in ("x", "y"):
        pairs = [(w, r) for w in scores[kinds == kind] for r in scores[kinds == ""]]
        assert table.loc[kind, "auroc"] == pytest.approx(np.mean([w > r for w, r in pairs]))
        assert table.loc[kind, "auroc_low"] <= table.loc[kind, "auroc"] <= table.loc[kind, "auroc_high"]


def test_the_share_of_a_kind_dropped_has_the_interval_of_whole_landmarks():
    # 20 graphics filed under a, all dropped, and 20 under b, all kept; four right photos
    cleaned = verdicts([0.9, 0.1] * 20 + [0.1] * 4)
    (row,) = cleaning_by_kind(cleaned, known(**{f"p{i}": "graphic" for i in range(40)})).itertuples()
    assert (row.dropped, row.dropped_low, row.dropped_high) == (0.5, 0, 1)


def test_without_known_dirt_the_table_is_empty():
    table = cleaning_by_kind(verdicts([0.1, 0.9]), known())
    assert len(table) == 0
    assert "auroc" in table


def test_a_split_of_wrong_photos_only_is_refused():
    with pytest.raises(InputError, match="all 2 judged photos are wrong"):
        cleaning_by_kind(verdicts([0.1, 0.9]), known(p0="graphic", p1="graphic"))


def test_look_alikes_by_hand():
    rows = [
        ("a1", "a1", "correct"),
        ("a1", "a2", "confused"),  # within the family
        ("a2", "b", "confused"),  # elsewhere
        ("a2", "non_landmark", "missed"),
        ("b", "a1", "confused"),  # not of the family: does not count
        ("non_landmark", "a1", "false_alarm"),
    ]
    outcomes = pd.DataFrame(rows, columns=["landmark_id", "answer", "outcome"])
    table = look_alike_outcomes(outcomes, {"a": ("a1", "a2"), "c": ("c1", "c2")})
    assert table.to_dict("records") == [
        {"family": "a", "n": 4, "correct": 1, "within": 1, "elsewhere": 1, "missed": 1}
    ]


def rand_by_pairs(true, found) -> float:
    """Adjusted Rand index from its definition: pairs of photos that agree, less what chance gives."""
    pairs = list(combinations(range(len(true)), 2))
    same_true = np.array([true[i] == true[j] for i, j in pairs])
    same_found = np.array([found[i] == found[j] for i, j in pairs])
    both, chance = (same_true & same_found).sum(), same_true.sum() * same_found.sum() / len(pairs)
    most = (same_true.sum() + same_found.sum()) / 2
    return (both - chance) / (most - chance)


def test_agreement_is_the_adjusted_rand_index_of_each_landmark():
    rng = np.random.default_rng(1)
    landmark = np.array(["x"] * 12 + ["y"] * 15)
    true, found = rng.choice(["frontal", "far", "side"], 27), rng.integers(0, 3, 27)
    table = views_agreement(landmark, true, found).set_index("landmark_id")
    for name in ("x", "y"):
        own = landmark == name
        assert table.loc[name, "ari"] == pytest.approx(rand_by_pairs(true[own], found[own]))
        assert table.loc[name, "n"] == own.sum()


def test_agreement_at_its_ends():
    landmark, true = np.array(["x"] * 4), np.array(["far", "far", "side", "side"])
    same = views_agreement(landmark, true, np.array([1, 1, 0, 0]))
    assert same.to_dict("records") == [
        {"landmark_id": "x", "n": 4, "true_views": 2, "found_views": 2, "ari": 1.0}
    ]
    assert views_agreement(landmark, true, np.zeros(4, int))["ari"].item() == 0


def test_photos_without_a_partner_are_refused():
    with pytest.raises(InputError, match="found_view has 1"):
        unwrap(views_agreement)(np.array(["x", "x"]), np.array(["a", "b"]), np.array([0]))
