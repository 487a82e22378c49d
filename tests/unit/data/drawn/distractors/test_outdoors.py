import numpy as np
import pytest

from sightlab.data.drawn.distractors.outdoors import STEEP, ahead, beach, lake, land_ahead, looking
from sightlab.data.drawn.light.render import Place
from sightlab.data.drawn.solids.scene import Light, Material, Scene
from sightlab.data.drawn.solids.terrain import flat


def test_places_ahead_lie_before_the_camera():
    x, y = ahead(np.random.default_rng(0), 500, near=10, far=90, wide=0.5)
    assert 10 <= y.min() < 15 < 80 < y.max() <= 90
    assert (np.abs(x) <= 0.5 * y + 4).all()
    # y = 10 + 80 u^1.5 has its median at 10 + 80 * 0.5^1.5 = 38.3
    assert np.median(y) == pytest.approx(38.3, abs=6)


def test_land_is_built_only_before_the_camera():
    shape = land_ahead(flat, (Material(),))
    assert shape.vertices[:, 1].min() >= 0
    assert shape.radius == pytest.approx(STEEP[-1])


def test_a_camera_looks_where_it_is_told():
    for seed in range(20):
        camera = looking(np.random.default_rng(seed), 3.0, (-5, 5), towards=30.0)
        x, y, z = camera.target
        assert 10 - 1e-6 <= np.rad2deg(np.arctan2(x, y)) <= 50 + 1e-6
        assert -2 <= z <= 8
        assert camera.position == (0, 0, 3)


def pattern_shares(shape, camera) -> dict[str, float]:
    """Share of the photo by the pattern of what is seen, found by drawing each pattern alone as an owner."""
    used = sorted({m.pattern for m in shape.materials})
    rows = np.array([used.index(m.pattern) for m in shape.materials])[shape.face_material]
    parts = {
        name: type(shape)(
            shape.vertices,
            shape.built,
            shape.faces[rows == i],
            shape.face_material[rows == i],
            shape.materials,
        )
        for i, name in enumerate(used)
        if (rows == i).any()
    }
    small = type(camera)(camera.position, camera.target, (24, 32), camera.view_degrees)
    empty = type(shape).join([])
    return Place(Scene(parts, empty)).draw(small, Light()).visible_shares()


@pytest.mark.parametrize(("build", "least"), [(beach, 0.02), (lake, 0.1)])
def test_water_is_in_sight(build, least):
    for seed in range(3):
        shape, camera = build(np.random.default_rng(seed))
        assert pattern_shares(shape, camera)["water"] > least
