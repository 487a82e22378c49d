"""Figures that only a report needs."""

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.views import figures_report as drawings
from sightlab.views.figures_base import COLORS, NARROW, WIDE


@pytest.fixture
def curve():
    return pd.DataFrame({"fpr": [0.0, 0.01, 0.1], "sensitivity": [0.2, 0.6, 0.9]})


def curves_of(**curves):
    """One table of the curves of some systems."""
    return pd.concat([curve.assign(system=name) for name, curve in curves.items()], ignore_index=True)


@pytest.fixture(params=[WIDE, NARROW], ids=["wide", "narrow"])
def width(request):
    return request.param


def test_dirt_is_a_share_of_what_there_was_then(assert_legible, texts_of, width):
    # before 10 + 20 of 100; after 1 + 4 of 80: 6.2 %
    counts = pd.DataFrame(
        {"kind": ["neighbor", "right", "graphic"], "before": [10, 70, 20], "after": [1, 75, 4]}
    )
    figure = drawings.dirt_before_after(counts, width)
    assert "30.0 % of 100" in texts_of(figure)
    assert "6.2 % of 80" in texts_of(figure)
    widths = sum(bar.get_width() for bar in figure.axes[0].patches)
    assert widths == pytest.approx(30 / 100 + 5 / 80)
    assert figure.get_size_inches()[0] == width
    assert_legible(figure)


def test_dirt_that_nobody_knows_is_refused():
    with pytest.raises(InputError, match="known to be wrong has no rows"):
        drawings.dirt_before_after(pd.DataFrame({"kind": ["right"], "before": [9], "after": [9]}))


def test_a_system_has_one_color_wherever_it_is_drawn(curve):
    first = drawings.open_set_systems(curves_of(DELF=curve, sightlab=curve, new=curve), 100)
    colors = {line.get_label(): line.get_color() for line in first.axes[0].lines}
    assert colors["sightlab"] == COLORS["sightlab"]
    assert colors["DELF"] == COLORS["delf"]
    assert len({colors[name] for name in ("sightlab", "DELF", "new")}) == 3
    facts = {"milliseconds": [3.0, 60.0], "sensitivity": [0.8, 0.7], "low": [0.7, 0.6], "high": [0.9, 0.8]}
    second = drawings.accuracy_speed(pd.DataFrame({"system": ["sightlab", "DELF"], **facts}))
    assert {line.get_color() for line in second.axes[0].lines} == {COLORS["sightlab"], COLORS["delf"]}


def test_curves_and_leagues_are_legible(curve, assert_legible, texts_of, width):
    others = {"rule of the article": curve.assign(sensitivity=[0.1, 0.5, 0.8]), "DELF": curve.assign(fpr=0.2)}
    found = [drawings.open_set_systems(curves_of(sightlab=curve, **others), 248, width)]
    losses = ["softmax + center loss", "softmax", "softmax + center loss, weight 5e-5", "sub-center ArcFace"]
    table = pd.DataFrame({"loss": losses, "sensitivity": 0.5, "low": 0.4, "high": 0.6, "n": 1248})
    found.append(drawings.loss_league(table, width))
    facts = {"milliseconds": [3.0, 60.0], "sensitivity": [0.8, 0.7], "low": [0.7, 0.6], "high": [0.9, 0.8]}
    systems = pd.DataFrame({"system": ["sightlab", "rule of the article"], **facts})
    found.append(drawings.accuracy_speed(systems, 1931, width))
    for figure in found:
        assert figure.get_size_inches()[0] == width
        assert_legible(figure)
    assert "n = 1,248" in texts_of(found[1]).replace("\n", " ")
    assert "(n = 1,931, Wilson 95 %)" in texts_of(found[2])


def test_bars_are_as_long_as_the_sensitivity(curve):
    table = pd.DataFrame({"loss": ["a", "b"], "sensitivity": [0.25, 0.75], "low": 0.2, "high": 0.8, "n": 9})
    bars = drawings.loss_league(table).axes[0].patches
    assert [bar.get_width() for bar in bars] == [0.25, 0.75]


def test_the_band_is_wilsons(curve):
    from sightlab.evaluation.intervals import wilson

    figure = drawings.open_set_systems(curves_of(sightlab=curve), 50)
    drawn = figure.axes[0].collections[0].get_paths()[0].vertices[:, 1]
    low, high = wilson(10, 50)  # 0.2 of 50
    assert np.isclose(drawn, low).any()
    assert np.isclose(drawn, high).any()


@pytest.mark.parametrize(("smallest", "left"), [(1 / 160, 1 / 240), (1 / 1200, 1 / 1800), (0.2, 0.007)])
def test_rates_that_no_number_of_distractors_gives_are_not_shown(curve, smallest, left):
    figure = drawings.open_set_systems(curves_of(DELF=curve.assign(fpr=[0.0, smallest, 0.5])), 100)
    assert figure.axes[0].get_xlim()[0] == pytest.approx(left)  # FPR 0 is shown up to that of one distractor


def test_refuses_empty_results(curve):
    with pytest.raises(InputError, match="curves has no rows"):
        drawings.open_set_systems(curves_of(DELF=curve.head(0)), 10)
    with pytest.raises(InputError, match="n"):
        drawings.loss_league(pd.DataFrame({"loss": []}))
