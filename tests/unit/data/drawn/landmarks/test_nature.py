import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.data.drawn.landmarks.nature import NATURE, Viewpoint, nature_ground, viewpoints
from sightlab.data.drawn.light.render import Place
from sightlab.data.drawn.solids.scene import Camera, Light, Scene

NAMES = tuple(NATURE)


def test_the_eight_places():
    assert set(NAMES) == {
        "mirror_lake", "red_mesa", "siwal_oasis", "thundering_falls",
        "mount_pelado", "lijan_karst", "mount_fujara", "stone_garden",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_place_is_seen_from_all_its_viewpoints(name):
    landmark, ground = NATURE[name](), nature_ground(name)
    assert len(landmark.faces) + len(ground.faces) < 200_000
    assert np.isfinite(landmark.vertices).all()
    assert np.isfinite(ground.vertices).all()
    assert ground.radius > 20_000  # to the horizon
    place = Place(Scene({name: landmark}, ground))
    assert {"frontal", "side", "far"} <= {viewpoint.view for viewpoint in viewpoints(name)}
    for i, viewpoint in enumerate(viewpoints(name)):
        x, y, z = viewpoint.position
        aside = viewpoint.spread * np.array([(1, -1), (-1, 1), (-1, -1), (1, 1)])[i % 4]  # as far as allowed
        eye = (x + aside[0], y + aside[1], z)
        drawing = place.draw(Camera(eye, viewpoint.target, (12, 16), viewpoint.view_degrees), Light())
        assert drawing.visible_share(name) > (0.03 if viewpoint.view == "far" else 0.04), viewpoint
        assert drawing.depth.min() > 1, viewpoint


def test_a_place_is_built_the_same_every_time():
    first = NATURE["stone_garden"]().vertices
    NATURE["siwal_oasis"](), NATURE["red_mesa"]()  # push it out of the cache
    np.testing.assert_array_equal(first, NATURE["stone_garden"]().vertices)


def test_unknown_places_are_refused():
    with pytest.raises(InputError, match=r"name='atlantis' is unknown.*mirror_lake"):
        nature_ground("atlantis")
    with pytest.raises(InputError, match=r"name='atlantis' is unknown.*mirror_lake"):
        viewpoints("atlantis")
    with pytest.raises(InputError, match="view='below' is unknown"):
        Viewpoint("below", (0, 0, 0), (0, 1, 0), 50, 1)
