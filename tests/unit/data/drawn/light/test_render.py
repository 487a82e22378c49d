"""Photos of a scene: what is seen, how far away, whose it is, and in what light."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.data.drawn.light import exposure
from sightlab.data.drawn.light.render import Place, camera_rays
from sightlab.data.drawn.solids.scene import Camera, Light, Material, Scene, Shape
from sightlab.data.drawn.solids.shapes import box

WHITE = Material((0.8, 0.8, 0.8), detail=0.0)
NOON = Light(sun_azimuth=180, sun_elevation=45)
SIZE = (36, 48)


def ground(material: Material = WHITE) -> Shape:
    return Shape.of(
        [[-900, -900, 0], [900, -900, 0], [900, 900, 0], [-900, 900, 0]], [[0, 1, 2], [0, 2, 3]], material
    )


def camera(position=(0.0, -20.0, 5.0), target=(0.0, 0.0, 5.0), size=SIZE, view=60.0) -> Camera:
    return Camera(position, target, size, view)


@pytest.fixture(scope="module")
def place() -> Place:
    tower, hut = box(4, 4, 30, WHITE), box(6, 6, 4, WHITE).moved(x=9)
    return Place(Scene({"tower": tower, "hut": hut}, ground()))


def middle(values: np.ndarray) -> np.ndarray:
    return values[values.shape[0] // 2, values.shape[1] // 2]


def test_depth_and_owner_by_hand(place):
    drawing = place.draw(camera(), NOON)
    assert drawing.photo.shape == (*SIZE, 3)
    assert (drawing.photo.dtype, drawing.depth.dtype, drawing.owner.dtype) == ("float32", "float32", "int16")
    assert middle(drawing.depth) == pytest.approx(18)  # the tower's front is at y = -2
    assert middle(drawing.owner) == 1
    # f = 24 / tan 30 = 41.57; 35 - 17.5 = 17.5 rows below the middle the ground is 5 f / 17.5 = 11.88 m ahead
    assert drawing.depth[-1, 0] == pytest.approx(5 * 41.569 / 17.5, rel=1e-4)
    assert drawing.owner[-1, 0] == 0
    assert np.isinf(drawing.depth[0, 0])
    assert drawing.owner[0, 0] == -1
    # the hut spans x = 6 to 12, 17 to 23 m ahead: columns from 23.5 + f 6 / 23 = 34.3, its left side, to 52.8
    row = drawing.owner[21]
    assert (row[35:] == 2).all()
    assert row[34] != 2


def test_depth_is_measured_along_the_ahead_axis():
    wall = box(200, 2, 90, WHITE).moved(y=31)
    drawing = Place(Scene({"wall": wall}, ground())).draw(camera(target=(0, 0, 5), view=90), NOON)
    seen = drawing.owner == 1
    np.testing.assert_allclose(
        drawing.depth[seen], 50, rtol=1e-5
    )  # to the rim of the photo, not longer there


def test_shares_count_pixels(place):
    drawing = place.draw(camera(), NOON)
    assert drawing.visible_share("tower") == (drawing.owner == 1).sum() / drawing.owner.size
    assert drawing.visible_shares() == {
        "tower": drawing.visible_share("tower"),
        "hut": drawing.visible_share("hut"),
    }
    # tower, 18 m ahead: x of -2 to 2 is columns 23.5 +- 4.62: 19 to 28; rows 0 to 17.5 + 5 f / 18 = 29.05
    assert drawing.visible_share("tower") == 10 * 30 / (36 * 48)
    with pytest.raises(InputError, match=r"landmark_id='castle'.*tower"):
        drawing.visible_share("castle")


def test_a_glance_sees_what_a_photo_shows(place):
    drawing = place.draw(camera(), NOON)
    glance = place.glance(camera())
    np.testing.assert_array_equal(glance.owner, drawing.owner)
    np.testing.assert_array_equal(glance.depth, drawing.depth)
    assert glance.visible_shares() == drawing.visible_shares()


def test_the_ground_is_as_high_as_what_stands_there(place):
    assert place.ground_height(9, 1) == pytest.approx(4, abs=0.01)
    assert place.ground_height(50, 50) == pytest.approx(0, abs=0.01)
    assert np.isnan(place.ground_height(5000, 0))


def test_the_shadow_falls_away_from_the_sun():
    # sun in the west (270 degrees: -x), 45 degrees high: a 10 m mast throws 10 m of shadow to the east
    mast = box(2, 2, 10, WHITE)
    place = Place(Scene({"mast": mast}, ground()))
    above = Camera((0.0, -60.0, 60.0), (0.0, 0.0, 0.0), (90, 120), 40)
    drawing = place.draw(above, Light(270, 45))
    x, y = pixel_of(above, (6, 0, 0))
    east, west = drawing.photo[y, x].mean(), drawing.photo[pixel_of(above, (-6, 0, 0))[::-1]].mean()
    beyond = drawing.photo[pixel_of(above, (14, 0, 0))[::-1]].mean()
    assert east < 0.7 * west
    assert beyond == pytest.approx(west, rel=0.1)


def pixel_of(camera: Camera, point) -> tuple[int, int]:
    right, down, ahead = camera.axes() @ np.subtract(point, camera.position)
    height, width = camera.size
    x, y = camera.focal * right / ahead + (width - 1) / 2, camera.focal * down / ahead + (height - 1) / 2
    return round(x), round(y)


def test_rays_go_through_the_middle_of_pixels():
    view = camera(size=(3, 5), view=90)  # f = 2.5; looks along +y, right is +x, down is -z
    rays = camera_rays(view)
    np.testing.assert_allclose(rays[1, 2], [0, 1, 0], atol=1e-6)
    np.testing.assert_allclose(rays[0, 4], [2 / 2.5, 1, 1 / 2.5], atol=1e-6)
    ends = rays.reshape(-1, 3) * 7 + view.position
    assert [pixel_of(view, end) for end in ends] == [(x, y) for y in range(3) for x in range(5)]


def test_passers_by_stand_in_front_and_belong_to_nobody(place):
    person = box(1, 1, 9, Material((0.9, 0.1, 0.1))).moved(y=-12)
    with_person = place.draw(camera(), NOON, person)
    without = place.draw(camera(), NOON)
    assert middle(with_person.depth) == pytest.approx(7.5)
    assert middle(with_person.owner) == 0
    assert with_person.visible_share("tower") < without.visible_share("tower")
    reddish = middle(with_person.photo)
    assert reddish[0] > 2 * reddish[1]
    behind = place.draw(camera(), NOON, box(3, 1, 9, WHITE).moved(y=6))
    np.testing.assert_array_equal(behind.owner, without.owner)  # the tower hides it


def test_passers_by_throw_shadows(place):
    low = Light(sun_azimuth=270, sun_elevation=30)
    view = Camera((0.0, -40.0, 30.0), (0.0, -15.0, 0.0), (72, 96), 50)
    without, with_person = (place.draw(view, low, e) for e in (None, box(1, 1, 3, WHITE).moved(y=-18)))
    x, y = pixel_of(view, (3, -18, 0))  # 3 m tall, sun 30 degrees high: 5.2 m of shadow to the east
    assert with_person.photo[y, x].mean() < 0.7 * without.photo[y, x].mean()


def test_an_empty_extra_changes_nothing(place):
    one, other = place.draw(camera(), NOON, Shape.join([])), place.draw(camera(), NOON)
    np.testing.assert_array_equal(one.photo, other.photo)


def test_holes_show_the_sky():
    wall = Shape.join([box(40, 1, 40, WHITE), box(8, 1.2, 8, Material(pattern="sky")).moved(z=1)])
    drawing = Place(Scene({"wall": wall}, ground())).draw(camera(), NOON)
    assert middle(drawing.owner) == -1
    assert np.isinf(middle(drawing.depth))
    assert drawing.owner[18, 5] == 1


def test_one_sees_through_leaves_here_and_there():
    leaves = Material((0.2, 0.4, 0.1), "foliage", (0.1, 0.2, 0.05), scale=0.8)
    hedge = box(60, 0.3, 40, leaves).moved(y=-8)
    place = Place(Scene({"tower": box(40, 4, 60, WHITE)}, Shape.join([ground(), hedge])))
    shares = [
        place.draw(camera(), Light(180, 45, season=s)).visible_share("tower") for s in ("summer", "winter")
    ]
    assert 0.005 < shares[0] < 0.5
    assert shares[1] > 1.5 * shares[0]  # bare twigs hide less


def test_nothing_at_all_is_sky():
    drawing = Place(Scene({}, Shape.join([]))).draw(camera(), NOON)
    assert (drawing.owner == -1).all()
    assert np.isfinite(drawing.photo).all()
    assert drawing.visible_shares() == {}
    assert (Place(Scene({}, Shape.join([]))).glance(camera()).owner == -1).all()


def test_edges_are_averaged(place):
    drawing = place.draw(camera(), Light(180, 45, "fog"))
    rim = drawing.photo[5, 13:25].mean(axis=1)  # sky, the tower's left rim, tower
    low, high = sorted((rim[0], rim[-1]))
    assert ((rim > low + 0.1 * (high - low)) & (rim < high - 0.1 * (high - low))).any()


def test_edges_by_brute_force():
    """The mean over an edge is near what 6 x 6 rays per pixel give."""
    wall = box(40, 4, 60, Material((0.1, 0.1, 0.1), detail=0.0)).turned(7).moved(x=21)
    place = Place(Scene({"wall": wall}, ground()))
    view, light = camera(size=(18, 24)), Light(180, 45, "overcast")
    fine = place.draw(replace(view, size=(18 * 6, 24 * 6)), light).photo
    expected = fine.reshape(18, 6, 24, 6, 3).mean(axis=(1, 3))
    assert np.abs(place.draw(view, light).photo - expected)[2:9].mean() < 0.02


def test_snow_whitens_what_looks_up():
    dark = Material((0.35, 0.35, 0.35), detail=0.0)
    place = Place(Scene({"hut": box(8, 8, 3, dark)}, ground(dark)))
    view = Camera((0.0, -20.0, 12.0), (0.0, 0.0, 2.0), SIZE, 50)
    dry, snowy = (place.draw(view, Light(180, 40, w, "winter")) for w in ("overcast", "snow"))
    x, y = pixel_of(view, (-1, 1, 3))
    assert snowy.photo[y, x].mean() > 4 * dry.photo[y, x].mean()  # the roof
    x, y = pixel_of(view, (0, -4, 1.5))
    assert (
        snowy.photo[y, x].mean() < 2 * dry.photo[y, x].mean()
    )  # the wall: haze, and light from the white ground


def test_windows_are_lit_at_night():
    house = box(20, 8, 14, Material((0.5, 0.5, 0.5), "windows", scale=3.0))
    place = Place(Scene({}, Shape.join([ground(), house])))
    night = place.draw(camera(), Light(180, -10)).photo
    wall = night[12:24, 10:38].max(axis=2)
    assert wall.max() > 4 * np.median(wall)


def test_water_mirrors_what_stands_behind_it():
    water = Material((0.1, 0.2, 0.2), "water", scale=2.0, detail=0.05)
    red = box(200, 2, 12, Material((0.9, 0.05, 0.05), detail=0.0)).moved(y=30)
    view = camera(position=(0.0, -20.0, 2.0), target=(0.0, 0.0, 1.0))
    with_wall, without = (
        Place(Scene({}, Shape.join(shapes))).draw(view, NOON).photo[20:26].mean(axis=(0, 1))
        for shapes in ([ground(water), red], [ground(water)])
    )
    assert with_wall[0] / with_wall[2] > 3 * without[0] / without[2]


def test_the_same_call_gives_the_same_photo_in_any_chunks(place, monkeypatch):
    person = box(1, 1, 9, WHITE).moved(y=-12, x=2)
    first = place.draw(camera(), NOON, person, seed=4)
    again = place.draw(camera(), NOON, person, seed=4)
    np.testing.assert_array_equal(first.photo, again.photo)
    assert not np.array_equal(first.photo, place.draw(camera(), NOON, person, seed=5).photo)
    monkeypatch.setattr(exposure, "_CHUNK", 100)
    np.testing.assert_allclose(place.draw(camera(), NOON, person, seed=4).photo, first.photo, atol=1e-6)


SCRIPT = """
import numpy as np
from sightlab.data.drawn.light.render import Place
from sightlab.data.drawn.solids.scene import Camera, Light, Material, Scene
from sightlab.data.drawn.solids.shapes import box
place = Place(Scene({"hut": box(6, 6, 4, Material(pattern="brick"))}, box(90, 90, 1, Material()).moved(z=-1)))
photo = place.draw(Camera((0.0, -20.0, 5.0), (0.0, 0.0, 2.0), (24, 32)), Light(weather="snow"), seed=7).photo
print(photo.tobytes().hex())
"""


def test_the_same_photo_in_another_process():
    runs = [subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=True) for _ in range(2)]
    assert runs[0].stdout == runs[1].stdout
    assert len(runs[0].stdout) > 24 * 32 * 3 * 8


def test_the_random_state_of_the_caller_is_not_touched(place):
    np.random.seed(5)  # noqa: NPY002 - the state in question
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    place.draw(camera(), Light(weather="snow"), seed=1)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (Camera((0, 0, 5), (0, 0, 0), SIZE), "straight up or down"),
        (Camera((0, 0, float("nan")), (0, 9, 0), SIZE), "finite coordinates"),
        (Camera((0, 0, 5), (0, 9, 0), (0, 48)), "no pixels"),
        (Camera((0, 0, 5), (0, 9, 0), SIZE, 175), "angle inside"),
    ],
)
def test_a_camera_that_sees_nothing_is_refused(place, bad, message):
    with pytest.raises(InputError, match=message):
        place.draw(bad, NOON)
