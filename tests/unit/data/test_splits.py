import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightlab.checks import InputError
from sightlab.data.splits import SplitShares, drawn_splits

NAMES = [f"photo_{i}" for i in range(4000)]


def test_shares_are_those_asked_for():
    splits = drawn_splits(NAMES, SplitShares(0.5, 0.3))
    # 4,000 draws: one standard deviation of a share of 0.5 is sqrt(0.25 / 4000) = 0.008; here 4 of them
    for split, share in (("train", 0.5), ("tune", 0.3), ("test", 0.2)):
        assert abs(splits.count(split) / 4000 - share) < 0.032


@given(st.lists(st.text(), unique=True, max_size=20), st.text())
def test_a_photo_keeps_its_split_whatever_else_there_is(names, name):
    assert drawn_splits([*names, name])[-1] == drawn_splits([name])[0]


def test_another_seed_draws_others_and_the_same_one_the_same():
    assert drawn_splits(NAMES) == drawn_splits(NAMES)
    assert drawn_splits(NAMES) != drawn_splits(NAMES, SplitShares(seed=1))


def test_all_may_be_train():
    assert set(drawn_splits(NAMES, SplitShares(1.0, 0.0))) == {"train"}


@pytest.mark.parametrize("shares", [(0.9, 0.2), (0.0, 0.5), (0.5, 1.0), (float("nan"), 0.1)])
def test_impossible_shares_are_refused(shares):
    with pytest.raises(InputError):
        SplitShares(*shares)
