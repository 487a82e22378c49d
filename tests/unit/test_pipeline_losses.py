"""The rows of a league that differ by their loss only."""

import pandas as pd
import pytest

from sightlab.pipeline_learning import IN_USE, league_of, recipes
from sightlab.pipeline_losses import LOSSES, losses_of
from sightlab.profiles import get_profile


def answers(right: int) -> pd.DataFrame:
    """Four landmark photos, of which so many are answered rightly, above two distractors."""
    truth = ["a", "a", "b", "b", "non_landmark", "non_landmark"]
    best = [*(["a", "a", "b", "b"][:right]), *(["c"] * (4 - right)), "a", "b"]
    facts = {"stage": 1, "photo_id": list("uvwxyz"), "truth": truth, "best": best, "joined": True}
    return pd.DataFrame(facts | {"similarity": [0.9, 0.8, 0.7, 0.6, 0.2, 0.1], "updates": 120})


def test_only_losses_are_kept_in_the_order_of_the_league():
    league = league_of(
        {
            name: {0: answers(right)}
            for name, right in ((IN_USE, 3), ("all at once", 4), ("softmax alone", 2), ("GeM pooling", 1))
        },
        n_resamples=5,
    )
    table = losses_of(league)
    assert table["loss"].tolist() == ["softmax + center loss", "softmax"]
    assert table["sensitivity"].tolist() == [3 / 4, 2 / 4]
    assert table["n"].tolist() == [4, 4]  # the distractors do not count


@pytest.mark.parametrize("profile", ["tour", "photos"])
def test_nothing_but_the_loss_differs(profile):
    known = recipes(get_profile(profile).curriculum.stages[0])
    use = known[IN_USE]
    for name in LOSSES:
        theirs = {**vars(known[name])}
        for part in ("loss", "center_weight", "center_for"):
            theirs[part] = getattr(use, part)
        assert theirs == vars(use), name


def test_no_league_gives_no_rows():
    table = losses_of(pd.DataFrame())
    assert table.empty
    assert "loss" in table
