"""What rates come to where few photos show a landmark, by hand."""

import math

import pytest

from sightlab.checks import InputError
from sightlab.evaluation.prevalence import ppv, wrong_albums_per_1000


@pytest.mark.parametrize(("fpr", "expected"), [(0.01, 0.45), (0.001, 0.89)])
def test_what_a_false_positive_rate_costs_at_one_percent_prevalence(fpr, expected):
    # 0.01 * 0.8 / (0.01 * 0.8 + 0.99 * 0.01) = 0.008 / 0.0179 = 0.447; with 0.001: 0.008 / 0.00899 = 0.890
    assert ppv(0.01, 0.8, 0.0, fpr) == pytest.approx(expected, abs=0.005)


def test_ppv_counts_confusions_as_wrong():
    # 0.5 * 0.6 / (0.5 * (0.6 + 0.2) + 0.5 * 0.2) = 0.3 / 0.5
    assert ppv(0.5, 0.6, 0.2, 0.2) == pytest.approx(0.6)
    assert math.isnan(ppv(0.01, 0.0, 0.0, 0.0))
    with pytest.raises(InputError, match="prevalence"):
        ppv(1.2, 0.5, 0.0, 0.1)


def test_wrong_albums_by_hand():
    # 20 of 1,000 photos show a landmark, 2 % of them confused: 0.4; 1 % of the other 980: 9.8
    assert wrong_albums_per_1000(0.02, 0.02, 0.01) == pytest.approx(10.2)
    with pytest.raises(InputError, match="confusion_rate=2"):
        wrong_albums_per_1000(0.01, 2, 0.1)
