import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.data.drawn.landmarks.pyramids import (
    DARK,
    Steps,
    coursed,
    gezira_great_pyramid,
    gezira_step_pyramid,
    kukul_temple,
    stepped,
)
from sightlab.data.drawn.solids.scene import Material
from tests.meshes import hits, signed_volume

STONE = Material()


def test_courses_add_up_to_their_slices():
    # ten slices 1 m tall, 20, 18, ... 2 m wide
    assert signed_volume(coursed(20, 10, 10, STONE)) == pytest.approx(sum(w * w for w in range(2, 21, 2)))


def test_terraces_add_up_to_their_frusta():
    steps = Steps((20, 10), (10, 5), 6, 2, batter=0.5)
    # each 3 m tall and 2 * 0.5 * 3 m narrower at its top; prismoid rule h / 6 (A + 4 M + B)
    lower = 3 / 6 * (20 * 10 + 4 * 18.5 * 8.5 + 17 * 7)
    upper = 3 / 6 * (10 * 5 + 4 * 8.5 * 3.5 + 7 * 2)
    assert signed_volume(stepped(steps, STONE)) == pytest.approx(lower + upper)


def test_a_single_terrace_has_the_size_of_the_base():
    shape = stepped(Steps((20, 10), (10, 5), 6, 1, batter=0), STONE)
    assert signed_volume(shape) == pytest.approx(20 * 10 * 6)


def test_no_terrace_at_all_is_refused():
    with pytest.raises(InputError, match="terraces"):
        Steps(terraces=0)


def test_the_great_pyramid_is_smooth_and_the_look_alikes_are_stepped():
    great, step, kukul = gezira_great_pyramid(), gezira_step_pyramid(), kukul_temple()
    assert great.height == 145
    assert step.height == 63
    assert 30 < kukul.height < 33

    def ledges(shape, n_levels, height):
        z = shape.vertices[:, 2]
        levels = [
            z[(z > height * i / n_levels - 1e-6) & (z < height * i / n_levels + 1e-6)]
            for i in range(n_levels)
        ]
        return sum(len(level) > 0 for level in levels)

    assert ledges(step, 6, 60) == 6
    assert ledges(kukul, 9, 24) == 9


def test_the_temple_has_a_stair_on_every_side():
    shape = kukul_temple()
    # the stair rises 24 m over 19.75 m up to 9.5 m from the axis: 11.2 m tall where a terrace is 10.7 m
    for x, y in ((0, -20), (0, 20), (-20, 0), (20, 0)):
        assert hits(shape, (x, y, 40), (x, y, 10.9)) > 0
    assert hits(shape, (10, -20, 40), (10, -20, 10.9)) == 0  # beside it


def test_the_gateway_of_the_step_pyramid_is_left_of_the_middle():
    shape = gezira_step_pyramid()
    dark = shape.vertices[np.unique(shape.faces[shape.face_material == shape.materials.index(DARK)])]
    assert dark[:, 0].mean() == pytest.approx(-1)
    assert dark[:, 1].max() < -110  # in the wall before the court
    assert np.ptp(dark[:, 0]) == pytest.approx(2.2)
