"""Cohen's kappa against scikit-learn and by hand, and the list of disagreements."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from sightlab.views.agreement import agreement, disagreements, kappa
from sightlab.views.review import read_reviews
from sightlab.views.review_lines import VERDICTS


def reviews(**verdicts: list[str]) -> pd.DataFrame:
    """reviewer=[verdict of photo 0, of photo 1, ...]; None: not judged."""
    rows = [
        {"reviewer": who, "photo_id": f"p{i}", "model": "m", "target": "true", "verdict": verdict}
        for who, said in verdicts.items()
        for i, verdict in enumerate(said)
        if verdict is not None
    ]
    return pd.DataFrame(rows)


def test_kappa_by_hand():
    # 4 photos, agreed on 3: p_o = 0.75. ann says context 2, unclear 2; bob context 3, unclear 1:
    # p_e = 2/4 * 3/4 + 2/4 * 1/4 = 0.5, kappa = (0.75 - 0.5) / 0.5
    table = reviews(ann=["context", "context", "unclear", "unclear"], bob=["context"] * 3 + ["unclear"])
    row = agreement(table).iloc[0]
    assert (row["first"], row["second"], row["n"]) == ("ann", "bob", 4)
    assert row["agreed"] == 0.75
    assert row["kappa"] == pytest.approx(0.5)
    assert row["low"] <= row["kappa"] <= row["high"]


def test_kappa_is_that_of_scikit_learn(rng):
    names = list(VERDICTS)
    first, second = rng.choice(names, 80), rng.choice(names, 80)
    second[:40] = first[:40]
    found = agreement(reviews(ann=list(first), bob=list(second)))
    assert found["kappa"].iloc[0] == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)


def test_the_interval_repeats_and_narrows_with_more_photos(rng):
    first, second = ["context", "unclear"] * 10, ["context", "unclear", "unclear", "unclear"] * 5
    few = agreement(reviews(ann=first, bob=second)).iloc[0]
    many = agreement(reviews(ann=first * 20, bob=second * 20)).iloc[0]
    assert few.equals(agreement(reviews(ann=first, bob=second)).iloc[0])
    assert many["high"] - many["low"] < (few["high"] - few["low"]) / 3
    assert many["kappa"] == pytest.approx(few["kappa"])


def test_undefined_kappas_are_nan():
    same = agreement(reviews(ann=["context", "context"], bob=["context", "context"])).iloc[0]
    assert (same["n"], same["agreed"]) == (2, 1.0)
    assert np.isnan(same["kappa"])
    apart = agreement(reviews(ann=["context", None], bob=[None, "context"])).iloc[0]
    assert apart["n"] == 0
    assert np.isnan([apart["agreed"], apart["kappa"], apart["low"], apart["high"]]).all()
    assert np.isnan(kappa(np.zeros((1, 5, 5), dtype=int))).all()


def test_disagreements_name_verdicts_in_words_most_split_first():
    table = reviews(
        ann=["context", "context", "unclear"],
        bob=["context", "unclear", "part_of_it"],
        eve=["context", None, "wrong_object"],
    )
    found = disagreements(table)
    assert list(found["photo_id"]) == ["p2", "p1"]
    assert list(found.loc[0, ["ann", "bob", "eve"]]) == ["unclear", "part of it", "wrong object"]
    assert found.loc[1, "eve"] == ""


def test_other_targets_and_bare_notes_do_not_count():
    table = pd.concat(
        [reviews(ann=["context"], bob=[""]), reviews(bob=["unclear"]).assign(target="difference")]
    )
    assert agreement(table)["n"].tolist() == [0]
    assert len(disagreements(table)) == 0


def test_one_reviewer_or_none_gives_empty_tables(tmp_path):
    assert len(agreement(read_reviews(tmp_path))) == 0
    assert len(disagreements(read_reviews(tmp_path))) == 0
    assert len(agreement(reviews(ann=["context"]))) == 0
