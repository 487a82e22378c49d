"""People and things in the way: where people walk, and never before a reference."""

import numpy as np
import pytest

from sightlab.data.drawn.making.passers import OCCLUDED, in_the_way
from sightlab.data.drawn.making.places import build_place
from sightlab.data.drawn.solids.scene import Camera

CAMERA = Camera((40, -200, 1.7), (0, 0, 15), (192, 256), 60)


@pytest.fixture(scope="module")
def square():
    return build_place("site/petrow")


def row(n_people: int = 0, is_reference: bool = False) -> dict:
    return {"n_people": n_people, "is_reference": is_reference}


def test_nobody_wanted_is_nobody_there(square):
    shape = in_the_way(square, row(is_reference=True), CAMERA, np.random.default_rng(0))
    assert len(shape.faces) == 0


def test_people_stand_on_the_ground_before_the_camera(square):
    shape = in_the_way(square, row(4, True), CAMERA, np.random.default_rng(0))
    assert -0.1 < shape.vertices[:, 2].min() < 0.1
    assert 1.4 < shape.vertices[:, 2].max() < 2.1
    away = np.hypot(*(shape.vertices[:, :2] - CAMERA.position[:2]).T)
    assert away.min() > 4
    assert away.max() < 50


def test_a_tenth_of_the_photos_has_something_close_but_no_reference(square):
    drawn = [in_the_way(square, row(), CAMERA, np.random.default_rng(i)) for i in range(200)]
    share = np.mean([len(shape.faces) > 0 for shape in drawn])
    assert share == pytest.approx(OCCLUDED, abs=0.07)  # 3.3 sigma of 200
    references = [
        in_the_way(square, row(is_reference=True), CAMERA, np.random.default_rng(i)) for i in range(50)
    ]
    assert not any(len(shape.faces) for shape in references)


def test_nobody_walks_on_water():
    harbor = build_place("site/miyara")
    boat = Camera((0, -60, 1.9), (0, 0, 8), (192, 256), 60)
    assert in_the_way(harbor, row(5, True), boat, np.random.default_rng(0)) is None
