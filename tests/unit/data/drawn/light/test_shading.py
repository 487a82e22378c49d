"""From a spot on a surface to its color: light by hand, patterns, seasons, weather."""

from dataclasses import replace

import numpy as np
import pytest

from sightlab.data.drawn.light.rays import Mesh, Surface
from sightlab.data.drawn.light.shading import Palette, lit, mirrored, painted, to_linear
from sightlab.data.drawn.light.sky import Atmosphere
from sightlab.data.drawn.solids.scene import PATTERNS, Light, Material, Shape

N = 64


def seen(material: Material, normal=(0.0, 0.0, 1.0), ray=(0.3, 0.4, -1.0), distance=5.0, **facts):
    """N spots of one material, scattered over 40 m, and their palette."""
    rng = np.random.default_rng(0)
    up = np.repeat(np.float32(normal)[:, None], N, axis=1)
    along_u = np.repeat(np.float32([[1], [0], [0]]), N, axis=1)
    along_v = np.cross(up, along_u, axis=0).astype(np.float32)
    place = rng.uniform(-20, 20, (2, N)).astype(np.float32)
    surface = Surface(
        point=np.stack([*place, np.full(N, facts.pop("z", 2.0), np.float32)]),
        ray=np.repeat(np.float32(ray)[:, None], N, axis=1),
        distance=np.full(N, distance, np.float32),
        footprint=np.full(N, facts.pop("footprint", 0.02), np.float32),
        facing=up,
        normal=up,
        along_u=along_u,
        along_v=along_v,
        u=place[0] / np.float32(material.scale),
        v=place[1] / np.float32(material.scale),
        level=np.full(N, facts.pop("level", 0.5), np.float32),
        pattern=np.full(N, PATTERNS.index(material.pattern), np.int32),
        material=np.zeros(N, np.int32),
        owner=np.full(N, facts.pop("owner", 0), np.int16),
        is_leaf=np.full(N, material.pattern in ("foliage", "evergreen")),
    )
    triangle = Shape.of([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]], material)
    return surface, Palette(Mesh(triangle, np.zeros(1, np.int64)))


OPEN, SUNLIT = np.ones(N, np.float32), np.ones(N, np.float32)
NOON = Atmosphere(Light(180, 50), seed=0)


def paint(material: Material, air: Atmosphere = NOON, is_open=OPEN, **facts):
    surface, palette = seen(material, **facts)
    return surface, painted(surface, palette, air, is_open)


def color(material: Material, air: Atmosphere = NOON, sunlit=SUNLIT, is_open=OPEN, **facts) -> np.ndarray:
    surface, coat = paint(material, air, is_open, **facts)
    return lit(surface, coat, air, sunlit, is_open).mean(axis=1)


def test_linear_light_by_hand():
    # 0.5: ((0.5 + 0.055) / 1.055)^2.4 = 0.21404; 0.04 lies on the straight part: 0.04 / 12.92
    assert to_linear([0.0, 0.04, 0.5, 1.0]).tolist() == pytest.approx([0, 0.04 / 12.92, 0.21404, 1], abs=1e-5)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("weather", ["clear", "rain", "snow"])
@pytest.mark.parametrize("elevation", [40, -10])
def test_every_pattern_in_any_light_is_finite(pattern, weather, elevation):
    air = Atmosphere(Light(180, elevation, weather, "winter"), seed=0)
    for normal in ((0, 0, 1), (0, -1, 0), (0, 0, -1)):
        surface, coat = paint(Material(pattern=pattern), air, normal=normal)
        assert coat.albedo.min() >= 0
        assert coat.albedo.max() <= 0.92
        np.testing.assert_allclose(np.linalg.norm(coat.normal, axis=0), 1, atol=1e-5)
        assert 0 <= coat.mirror.min() <= coat.mirror.max() <= 1
        light = lit(surface, coat, air, SUNLIT, OPEN)
        assert light.dtype == np.float32
        assert np.isfinite(light).all()
        assert light.min() >= 0


def test_a_plain_wall_by_hand():
    # detail 0 leaves the color itself, but for stains; it throws back sun by the cosine, and the sky above it
    white = Material((0.5, 0.5, 0.5), detail=0.0)
    surface, coat = paint(white, normal=(0, 0, 1))
    light = lit(surface, coat, NOON, SUNLIT, OPEN)
    sun = NOON.sun[:, 0] * np.sin(np.deg2rad(50))
    expected = coat.albedo * (sun + NOON.from_above[:, 0])[:, None]
    np.testing.assert_allclose(light, expected, rtol=1e-4)
    assert coat.albedo.mean() == pytest.approx(0.214, rel=0.1)


def test_shade_has_no_sun_and_corners_have_less_sky():
    white = Material((0.7, 0.7, 0.7), detail=0.0)
    bright = color(white)
    shade = color(white, sunlit=0 * SUNLIT)
    corner = color(white, sunlit=0 * SUNLIT, is_open=0.2 * OPEN)
    assert (shade < 0.6 * bright).all()
    assert (corner < 0.6 * shade).all()
    assert (corner > 0.02 * shade).all()  # light still bounces in


def test_what_looks_away_from_the_sun_is_in_its_own_shade():
    white = Material((0.7, 0.7, 0.7), detail=0.0)
    np.testing.assert_array_equal(
        color(white, normal=(0, 1, 0)), color(white, sunlit=0 * SUNLIT, normal=(0, 1, 0))
    )
    assert (color(white, normal=(0, -1, 0)) > 1.5 * color(white, normal=(0, 1, 0))).all()
    leaves = Material((0.7, 0.7, 0.7), "foliage", detail=0.0)
    assert (
        color(leaves, normal=(0, 0.8, 0.6)) > color(leaves, sunlit=0 * SUNLIT, normal=(0, 0.8, 0.6))
    ).all()


def test_detail_is_the_strength_of_a_pattern():
    spread = [
        paint(Material((0.6, 0.6, 0.6), "brick", (0.1, 0.1, 0.1), 1.0, detail))[1].albedo.std()
        for detail in (0.1, 0.3, 0.5)
    ]
    assert spread[0] < spread[1] < spread[2]
    none = paint(Material((0.6, 0.6, 0.6), "brick", (0.1, 0.1, 0.1), 1.0, 0.0))[1].albedo
    stains = paint(Material((0.6, 0.6, 0.6), "plain", detail=0.0))[1].albedo
    np.testing.assert_allclose(none, stains)


def test_relief_tilts_normals_near_by_only():
    rough = Material(pattern="rock", scale=1.0, detail=1.0)
    near, far = (paint(rough, footprint=f)[1].normal for f in (0.01, 30.0))
    assert np.abs(near[:2]).max() > 0.3
    assert np.abs(far[:2]).max() < 0.02


def test_autumn_is_red_or_yellow_and_evergreens_stay_green():
    green = (0.2, 0.4, 0.1)
    for pattern, changes in (("foliage", True), ("evergreen", False), ("plain", False)):
        shades = {
            season: color(Material(green, pattern, green), Atmosphere(Light(180, 50, season=season), seed=0))
            for season in ("summer", "autumn", "winter", "spring")
        }
        assert shades["summer"][1] > shades["summer"][0]
        assert (shades["autumn"][0] > shades["autumn"][1]) == changes
        assert np.allclose(shades["winter"], shades["summer"]) != changes


def test_snow_lies_on_what_looks_up_under_a_free_sky():
    dark = Material((0.1, 0.1, 0.1))
    snowy = Atmosphere(Light(180, 30, "snow", "winter"), seed=0)
    assert paint(dark, snowy)[1].albedo.min() > 0.5
    assert paint(dark, snowy, normal=(0, -1, 0))[1].albedo.max() < 0.1
    assert paint(dark, snowy, is_open=0 * OPEN)[1].albedo.max() < 0.1  # under a roof
    assert paint(replace(dark, pattern="water"), snowy)[1].albedo.max() < 0.1
    indoors = Atmosphere(Light(180, 30, "snow", "winter"), seed=0, indoors=True)
    assert paint(dark, indoors)[1].albedo.max() < 0.1


def test_mountains_carry_snow_high_up():
    mountain = Material((0.3, 0.25, 0.2), "snow_rock", detail=0.5)
    heights = [
        paint(mountain, normal=(0.3, 0, 0.95), level=level)[1].albedo.mean() for level in (0.1, 0.4, 0.9)
    ]
    assert heights[0] < 0.2
    assert heights[2] > 0.6
    assert heights[0] <= heights[1] < heights[2]
    # detail 0.9: snow from a tenth of the height on
    assert paint(replace(mountain, detail=0.9), normal=(0.3, 0, 0.95), level=0.4)[1].albedo.mean() > 0.6


def test_rain_darkens_and_makes_paving_mirror():
    paving = Material((0.6, 0.6, 0.6), "paving")
    dry, wet = (paint(paving, Atmosphere(Light(180, 50, w), seed=0))[1] for w in ("overcast", "rain"))
    assert wet.albedo.mean() < 0.75 * dry.albedo.mean()
    assert wet.mirror.mean() > 0.5
    assert dry.mirror.max() == 0
    wall = paint(paving, Atmosphere(Light(180, 50, "rain"), seed=0), normal=(0, -1, 0))[1]
    assert wall.mirror.max() == 0


def test_lamps_shine_and_more_at_night():
    lamp = Material((1.0, 0.8, 0.4), "glow")
    day = color(lamp, sunlit=0 * SUNLIT, is_open=0 * OPEN)
    night = paint(lamp, Atmosphere(Light(180, -10), seed=0))[1].shine.mean()
    assert night > 2 * paint(lamp)[1].shine.mean()
    assert day[0] > 0.4


def test_landmarks_are_floodlit():
    stone, night = Material((0.6, 0.6, 0.6), detail=0.0), Atmosphere(Light(180, -10), seed=0)
    own, others = (color(stone, night, normal=(0, -1, 0), z=25.0, owner=o) for o in (1, 0))
    assert (own > 2 * others).all()


def test_some_windows_are_lit_at_night_none_by_day():
    glass = Material((0.5, 0.5, 0.5), "windows", (0.05, 0.05, 0.08), 2.5)
    by_day, by_night = (
        paint(glass, Atmosphere(Light(180, e), seed=0), normal=(0, -1, 0))[1].shine[0] for e in (40, -10)
    )
    assert by_day.max() == 0
    assert 0 < (by_night > 0.2).mean() < 0.5  # glass is a quarter of a wall
    far = paint(glass, Atmosphere(Light(180, -10), seed=0), normal=(0, -1, 0), footprint=60.0)[1].shine[0]
    assert far.min() > 0  # a pixel over many windows is a little lit everywhere
    assert np.ptp(far) < 0.15


def test_mirrors_obey_the_law_of_reflection():
    water = Material(pattern="water", detail=0.0)
    surface, coat = paint(water, ray=(3.0, 0.0, -4.0))
    direction, share = mirrored(surface, coat)
    np.testing.assert_allclose(direction[:, 0], [0.6, 0, 0.8], atol=1e-5)
    flat = mirrored(*paint(water, ray=(1.0, 0.0, -0.05)))[1]
    # Schlick: 0.03 + 0.97 (1 - cos)^5; cos = 0.8 -> 0.0303; cos = 0.05 -> 0.03 + 0.97 0.7738
    assert share[0] == pytest.approx(0.03 + 0.97 * 0.2**5, abs=1e-4)
    assert flat[0] == pytest.approx(0.03 + 0.97 * (1 - 0.05 / np.hypot(1, 0.05)) ** 5, abs=1e-3)


def test_waves_never_mirror_what_lies_under_the_water():
    rough = Material(pattern="water", scale=0.5, detail=1.0)
    surface, coat = paint(rough, ray=(1.0, 0.2, -0.05))
    direction, _ = mirrored(surface, coat)
    assert direction[2].min() > 0
