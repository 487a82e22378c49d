"""Kinds of view: every one that the catalog speaks of, and none that makes no sense."""

import pytest

from sightlab.checks import InputError
from sightlab.data.drawn.landmarks.viewings import VIEWINGS, Viewing, viewing_of
from sightlab.data.drawn.making.catalog import CATALOG


def test_every_view_of_a_building_has_a_range():
    views = {v for landmark in CATALOG.values() if landmark.kind == "built" for v in landmark.view_shares}
    assert views - {"interior"} <= set(VIEWINGS)


def test_long_buildings_have_ranges_of_their_own():
    assert viewing_of("crimson_gate_bridge", "frontal") != viewing_of("bruyne_belfry", "frontal")
    assert viewing_of("bruyne_belfry", "frontal") == VIEWINGS["frontal"]
    assert viewing_of("badain_wall", "detail") == VIEWINGS["detail"]


def test_behind_is_behind_and_far_is_small():
    assert 90 < VIEWINGS["behind"].azimuth[0] < VIEWINGS["behind"].azimuth[1] < 270
    assert VIEWINGS["far"].fill[0] < VIEWINGS["frontal"].fill[0] < VIEWINGS["close"].fill[0]


def test_an_unknown_view_is_refused():
    with pytest.raises(InputError, match="view='above' is unknown"):
        viewing_of("bruyne_belfry", "above")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"view_degrees": (0, 50)}, "view_degrees=0"),
        ({"fill": (0, 1)}, "fill=0"),
        ({"least": 1.5}, "least=1.5"),
        ({"azimuth": (30, -30)}, "azimuth"),
    ],
)
def test_impossible_views_are_refused(wrong, told):
    with pytest.raises(InputError, match=told):
        Viewing(**wrong)
