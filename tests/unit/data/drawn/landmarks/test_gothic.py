from dataclasses import replace

import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.data.drawn.landmarks.gothic import (
    AMERY,
    LUTREC,
    RHENNE,
    amery_cathedral,
    gothic_cathedral,
    lutrec_cathedral,
    rhenne_cathedral,
)
from sightlab.data.drawn.landmarks.gothic_style import GothicStyle
from tests.meshes import closed_pieces, hits, reach, spots_above


def test_the_three_cathedrals_are_the_same_church_with_other_details():
    assert len({AMERY, RHENNE, LUTREC}) == 3
    lengths = [
        np.subtract(*reach(b())[::-1])[1] for b in (amery_cathedral, rhenne_cathedral, lutrec_cathedral)
    ]
    assert max(lengths) - min(lengths) < 10
    # a flèche of 62 m on a ridge of 51; turrets over towers of 72; a flèche of 48 on a ridge of 42
    assert amery_cathedral().height == pytest.approx(51 + 62)
    assert 72 < rhenne_cathedral().height < 90
    assert lutrec_cathedral().height == pytest.approx(42 + 48)


def test_the_towers_stand_in_front_left_and_right():
    style = replace(LUTREC, fleche=0.0)
    spots = spots_above(gothic_cathedral(style), 60, apart=8)
    assert len(spots) == 2
    left, right = spots[spots[:, 0].argsort()]
    np.testing.assert_allclose(left, right * [-1, 1], atol=0.1)
    assert left[1] < -35  # 113 m long, its front at -56


def test_a_style_changes_what_it_names():
    plain = gothic_cathedral(GothicStyle(fleche=0.0))
    assert gothic_cathedral(GothicStyle(fleche=0.0, towers=(69, 75))).height == pytest.approx(
        plain.height + 6
    )
    longer = gothic_cathedral(GothicStyle(fleche=0.0, bays=7))
    length = [np.subtract(*reach(shape)[::-1])[1] for shape in (plain, longer)]
    assert length[1] - length[0] == pytest.approx(7)  # one bay
    petals = gothic_cathedral(GothicStyle(fleche=0.0, rose_petals=14))
    # two more petals in the front, one more at both ends of the transept; a spoke and an eye for each
    assert len(closed_pieces(petals)) - len(closed_pieces(plain)) == 2 * (2 + 1 + 1)


@pytest.mark.parametrize("crown", ["flat", "turrets", "spire", "helm"])
def test_every_crown_tops_the_towers(crown):
    shape = gothic_cathedral(GothicStyle(fleche=0.0, crown=crown, crown_height=12))
    assert 69 < shape.height <= 69 + 12


def test_flying_buttresses_leave_air_below_them():
    shape = gothic_cathedral(replace(LUTREC, fleche=0.0))
    # front at 0, nave from 13, six bays of 7, crossing 14, choir 21, apse 15: 105 m, moved to its middle
    y = 13 + 2 * 7 - 105 / 2  # between two bays of the nave, where a buttress stands
    assert hits(shape, (12.0, y, 60), (12.0, y, 19)) >= 2  # the back and the belly of a flyer
    assert hits(shape, (12.0, y + 3.5, 60), (12.0, y + 3.5, 19)) == 0  # nothing over the aisle between flyers


def test_an_unknown_crown_is_refused():
    with pytest.raises(InputError, match="crown"):
        GothicStyle(crown="onion")
