import numpy as np
import pytest

from sightlab.data.drawn.landmarks.bridges import (
    arched_bridge,
    crimson_gate_bridge,
    praven_stone_bridge,
    suspension_bridge,
)
from sightlab.data.drawn.solids.scene import Shape
from tests.meshes import hits, reach, spots_above


def arches_open(shape: Shape, n: int, pitch: float) -> list[bool]:
    middles = (np.arange(n) - (n - 1) / 2) * pitch
    return [hits(shape, (x, -40, 2), (x, 40, 2)) == 0 for x in middles]


@pytest.mark.parametrize("n", [3, 6])
def test_water_flows_through_every_arch_and_not_through_the_piers(n):
    bridge = arched_bridge(n, 20, 14, 9)
    assert all(arches_open(bridge, n, 20))
    assert not any(arches_open(bridge, n + 1, 20))
    low, high = reach(bridge)
    assert high[0] - low[0] == pytest.approx((n + 1) * 20)
    assert low[2] == -2
    assert high[2] == pytest.approx(10.4)


def test_the_stone_bridge_has_ten_arches_and_its_tall_tower_on_the_left():
    shape = praven_stone_bridge()
    assert all(arches_open(shape, 10, 21))
    (spot,) = spots_above(shape, 50, apart=10)
    assert spot[0] < -100


def test_statues_line_both_parapets():
    shape = praven_stone_bridge()
    spots = spots_above(shape, 13.9, apart=1.5)
    on_piers = spots[np.abs(spots[:, 0]) < 100]
    statues = on_piers[np.abs(np.mod(on_piers[:, 0], 21) - 10.5) < 1.5]
    assert (statues[:, 1] < 0).sum() == (statues[:, 1] > 0).sum() >= 9


def test_cables_hang_between_the_towers():
    shape = suspension_bridge(400, 150, 40, 130)
    points = shape.vertices
    cable = points[(np.abs(np.abs(points[:, 1]) - 13) < 0.6) & (np.abs(points[:, 0]) < 190)]
    highest = [cable[np.abs(cable[:, 0] - x) < 16][:, 2].max() for x in (0, 60, 110, 160)]
    assert highest == sorted(highest)
    assert 44 < highest[0] < 47.5  # 5 m above the road in the middle
    towers = spots_above(shape, 131, apart=40)
    np.testing.assert_allclose(np.sort(towers[:, 0]), [-200, 200], atol=1)


def test_ships_pass_below_the_suspended_road():
    shape = crimson_gate_bridge()
    assert hits(shape, (0, -100, 20), (0, 100, 20)) == 0
    assert hits(shape, (0, 0, 20), (0, 0, 60)) >= 2
    assert hits(shape, (320, -100, 20), (320, 100, 20)) >= 2  # a tower
    low, high = reach(shape)
    np.testing.assert_allclose(low[0], -high[0])
