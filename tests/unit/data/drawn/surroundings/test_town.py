import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.data.drawn.light.render import Place
from sightlab.data.drawn.solids.scene import Camera, Light, Material, Scene
from sightlab.data.drawn.solids.shapes import box
from sightlab.data.drawn.surroundings.town import (
    KINDS,
    SIDE_STREET_DEGREES,
    SIDE_STREET_WIDTH,
    side_street_point,
    surroundings,
)


def test_the_nine_kinds():
    assert set(KINDS) == {
        "old_town", "modern_city", "desert", "park", "coast", "river", "mountains", "jungle", "plain",
    }  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("clear", [60.0, 110.0, 260.0])
def test_nothing_stands_inside_and_the_ground_reaches_the_horizon(kind, clear):
    shape = surroundings(kind, 5, clear)
    inside = np.hypot(*shape.vertices[:, :2].T) < clear - 0.5
    assert shape.vertices[inside, 2].max(initial=-1) <= 1.5
    assert shape.radius > 25_000
    assert shape.height > 4  # but something stands outside
    assert len(shape.faces) <= 62_000
    assert np.isfinite(shape.vertices).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_alone_decides(kind):
    np.random.seed(3)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    one, same, other = (surroundings(kind, seed, 80) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.vertices, same.vertices)
    np.testing.assert_array_equal(one.face_material, same.face_material)
    assert len(one.vertices) != len(other.vertices) or not np.array_equal(one.vertices, other.vertices)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_a_landmark_is_seen_from_far_down_the_side_street():
    tower = box(12, 12, 70, Material())
    place = Place(Scene({"tower": tower}, surroundings("old_town", 1, 80)))
    for distance in (80 + 150, 80 + 220, 80 + 300):
        x, y = side_street_point(distance)
        drawing = place.draw(Camera((x, y, 1.7), (0, 0, 20), (48, 64), 40), Light())
        assert drawing.visible_share("tower") > 0.02
        # houses stand close on the left and on the right, and the street is free
        assert drawing.depth[30, 0] < 40
        assert drawing.depth[30, -1] < 40
        assert drawing.depth[:20, 32].min() > 100


def test_the_side_street_is_free_of_houses():
    shape = surroundings("old_town", 7, 100)
    a = np.deg2rad(SIDE_STREET_DEGREES)
    x, y, z = shape.vertices.T
    along, across = x * np.sin(a) - y * np.cos(a), x * np.cos(a) + y * np.sin(a)
    street = (along > 110) & (along < 480) & (np.abs(across) < SIDE_STREET_WIDTH / 2 - 1)
    assert z[street].max() <= 0
    beside = (along > 150) & (along < 450) & (np.abs(across) < SIDE_STREET_WIDTH / 2 + 1)
    assert (z[beside] > 5).any()


def test_side_street_point_by_hand():
    # 20 degrees from -y towards +x: sin 20 = 0.34202, cos 20 = 0.93969
    np.testing.assert_allclose(side_street_point(100), [34.202, -93.969], atol=1e-3)


@pytest.mark.parametrize("kind", ["coast", "river"])
def test_water_lies_around_what_stands_in_it(kind):
    shape = surroundings(kind, 2, 200)
    place = Place(Scene({}, shape))

    def level(x, y):
        depth = place.draw(Camera((x, y, 500.0), (x, y + 0.1, 0), (1, 1), 1), Light()).depth
        return 500 - float(depth[0, 0])

    for x, y in ((0, 0), (150, 20), (-150, 20), (0, -180), (0, 190)):
        assert level(x, y) == pytest.approx(-0.02, abs=0.05)
    assert level(225, 10) > 1
    assert level(-225, 10) > 1


def test_what_cannot_be_is_refused():
    with pytest.raises(InputError, match=r"kind='moon' is unknown.*old_town"):
        surroundings("moon", 0, 80)
    with pytest.raises(InputError, match="seed=-1"):
        surroundings("park", -1, 80)
    with pytest.raises(InputError, match="clear_radius=0 is outside"):
        surroundings("park", 0, 0)
