import math

import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.data.drawn.solids.noise import scatter
from sightlab.data.drawn.solids.scene import Material, Shape
from sightlab.data.drawn.solids.terrain import (
    HORIZON,
    blob,
    corner_noise,
    flat,
    heightfield,
    middles,
    outward,
    parted,
    rings,
    scattered,
    sheet,
    smooth_step,
    stations,
    terrain_noise,
    tube,
)

GRASS, ROCK = Material(pattern="grass"), Material(pattern="rock")


def slow_noise(x: float, y: float, seed: int) -> float:
    """Value noise at one point, corner by corner."""

    def corner(i, j):
        return 2 * float(scatter(np.array([i % 256]), np.array([j % 256]), seed)[0]) - 1

    i, j = math.floor(x), math.floor(y)
    u, v = x - i, y - j
    u, v = 3 * u**2 - 2 * u**3, 3 * v**2 - 2 * v**3
    below = corner(i, j) * (1 - u) + corner(i + 1, j) * u
    above = corner(i, j + 1) * (1 - u) + corner(i + 1, j + 1) * u
    return below * (1 - v) + above * v


def test_noise_equals_the_slow_way():
    rng = np.random.default_rng(3)
    x, y = rng.uniform(-400, 400, (2, 50))
    slow = [slow_noise(a, b, 5) for a, b in zip(x, y, strict=True)]
    np.testing.assert_allclose(corner_noise(x, y, 5), slow, atol=1e-6)


def test_terrain_noise_adds_octaves():
    x, y = np.array([130.0]), np.array([-70.0])
    first = corner_noise(x / 100, y / 100, 7)
    a, b = 1.3, -0.7
    # the second octave: turned by (1.6, -1.2; 1.2, 1.6) = twice as fine, then moved by 31.7 and 17.3
    second = corner_noise(np.array([1.6 * a - 1.2 * b + 31.7]), np.array([1.2 * a + 1.6 * b + 17.3]), 7)
    expected = (first + 0.5 * second) / 1.5
    np.testing.assert_allclose(terrain_noise(x, y, 7, 100.0, octaves=2), expected)


@pytest.mark.parametrize("ridged", [False, True])
def test_terrain_noise_stays_inside_its_range_and_repeats(ridged):
    x, y = np.random.default_rng(0).uniform(-1e4, 1e4, (2, 2000))
    noise = terrain_noise(x, y, 1, 300.0, ridged=ridged)
    assert np.abs(noise).max() <= 1
    assert noise.std() > 0.1
    np.testing.assert_array_equal(noise[:10], terrain_noise(x[:10], y[:10], 1, 300.0, ridged=ridged))
    assert not np.allclose(noise, terrain_noise(x, y, 2, 300.0, ridged=ridged))


def test_terrain_noise_refuses_hills_without_width():
    point = np.zeros(1)
    with pytest.raises(InputError, match="size=0 must be positive"):
        terrain_noise(point, point, 0, 0)
    with pytest.raises(InputError, match="octaves=0"):
        terrain_noise(point, point, 0, 10.0, octaves=0)


def test_smooth_step_by_hand():
    # at a quarter of the way: 0.25^2 (3 - 2 * 0.25) = 0.0625 * 2.5 = 0.15625
    x = np.array([-1.0, 2.0, 3.0, 4.0, 9.0])
    np.testing.assert_allclose(smooth_step(x, 2, 6), [0, 0, 0.15625, 0.5, 1])
    np.testing.assert_allclose(smooth_step(x, 6, 2), [1, 1, 1 - 0.15625, 0.5, 0])


def test_sheet_is_painted_by_place_and_slope():
    x, y = np.meshgrid([0.0, 1.0, 2.0], [0.0, 1.0])
    points = np.stack([x, y, np.array([[0.0, 0.0, 9.0]] * 2)], -1)  # flat, then a steep cell
    seen = {}

    def paint(middle, up):
        seen["up"] = up
        return np.where(up < 0.5, 1, 0)

    shape = sheet(points, (GRASS, ROCK), paint)
    assert shape.faces.shape == (4, 3)
    assert [shape.materials[i].pattern for i in shape.face_material] == ["grass", "grass", "rock", "rock"]
    # the steep cell rises by 9 over 1: cosine of its slope 1 / sqrt(1 + 81)
    np.testing.assert_allclose(np.sort(seen["up"]), [82**-0.5, 82**-0.5, 1, 1])


def test_heightfield_follows_its_height():
    shape = heightfield(lambda x, y: 2 * x - y, [0.0, 3.0], [1.0, 5.0], (GRASS,))
    np.testing.assert_array_equal(shape.vertices[:, 2], 2 * shape.vertices[:, 0] - shape.vertices[:, 1])
    assert len(shape.faces) == 2


def test_rings_close_and_reach_the_horizon():
    shape = rings(flat, (0, *outward(10, 5)), (GRASS,), around=36)
    assert shape.radius == pytest.approx(HORIZON)
    a, b, c = np.moveaxis(shape.vertices[shape.faces], 1, 0)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2
    # a regular polygon of 36 corners: n / 2 r^2 sin(2 pi / n)
    assert area == pytest.approx(18 * HORIZON**2 * math.sin(math.pi / 18))


def test_stations_are_dense_inside_and_grow_outside():
    at = stations(-50, 50, 11, outside=6)
    assert len(at) == 11 + 2 * 6
    step = np.diff(at)
    assert (step > 0).all()
    np.testing.assert_allclose(step[6:16], 10)
    assert (np.diff(step[16:]) > 0).all()
    assert at[-1] == pytest.approx(50 + HORIZON)


def test_parts_are_the_whole():
    shape = heightfield(flat, np.arange(5.0), np.arange(4.0), (GRASS,))
    left, right = parted(shape, middles(shape)[:, 0] < 1)
    assert len(left.faces) + len(right.faces) == len(shape.faces)
    assert left.vertices[:, 0].max() <= 1
    assert right.vertices[:, 0].min() >= 1
    assert len(right.vertices) < len(shape.vertices)


def test_blob_is_a_lumpy_ellipsoid():
    smooth = blob((1, 2, 3), ROCK, roughness=0.0, corners=30)
    assert len(smooth.faces) == 2 * 30 - 4  # Euler: a closed surface of V corners has 2 V - 4 triangles
    np.testing.assert_allclose(((smooth.vertices / [1, 2, 3]) ** 2).sum(1), 1)
    lumpy = blob((1, 2, 3), ROCK, seed=4, roughness=0.2, corners=30)
    distance = np.sqrt(((lumpy.vertices / [1, 2, 3]) ** 2).sum(1))
    assert 0.8 <= distance.min() < 0.95 < 1.05 < distance.max() <= 1.2


def test_tube_has_its_radii():
    path = np.array([[0.0, 0, 0], [1, 0, 4], [1, 1, 8]])
    pipe = tube(path, (1.0, 0.5, 0.25), ROCK, sides=8)
    out = np.linalg.norm(pipe.vertices.reshape(3, 9, 3) - path[:, None], axis=-1)
    np.testing.assert_allclose(out, np.array([[1.0], [0.5], [0.25]]) * np.ones(9))


def test_scattered_equals_copies_one_by_one():
    shape = Shape.join([blob((1, 1, 1), GRASS), blob((2, 1, 1), ROCK).moved(z=3)])
    x, y, z = np.array([0.0, 10, -4]), np.array([1.0, 2, 3]), np.array([0.0, 5, 6])
    turn, size = np.array([0.0, 90, 200]), np.array([1.0, 0.5, 2])
    crowd = scattered(shape, x, y, z, turn, size)
    one_by_one = [
        Shape(
            shape.vertices * size[i],
            shape.built * size[i],
            shape.faces,
            shape.face_material,
            shape.materials,
        )
        .turned(turn[i])
        .moved(x[i], y[i], z[i])
        for i in range(3)
    ]
    slow = Shape.join(one_by_one)
    np.testing.assert_allclose(crowd.vertices, slow.vertices, atol=1e-12)
    np.testing.assert_allclose(crowd.built, slow.built)
    np.testing.assert_array_equal(crowd.faces, slow.faces)
    np.testing.assert_array_equal(crowd.face_material, slow.face_material)
    assert crowd.materials == slow.materials


def test_nothing_scattered_is_an_empty_shape():
    none = np.empty(0)
    assert len(scattered(blob((1, 1, 1), GRASS), none, none).faces) == 0
