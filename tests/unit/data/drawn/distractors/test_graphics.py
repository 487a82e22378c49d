import numpy as np
import pytest

from sightlab.checks import InputError
from sightlab.data.drawn.distractors.graphics import GRAPHICS, graphic


def test_a_graphic_has_its_size_and_repeats():
    one = graphic(5, (90, 131))
    assert one.shape == (90, 131, 3)
    assert one.dtype == np.uint8
    np.testing.assert_array_equal(one, graphic(5, (90, 131)))


def test_seeds_give_different_graphics_of_all_kinds():
    # 60 draws of 9 kinds leave one out with probability below 9 (8/9)^60 = 0.8 %; the seeds are fixed
    drawn = [np.random.default_rng([seed, 503]).integers(len(GRAPHICS)) for seed in range(60)]
    assert set(drawn) == set(range(len(GRAPHICS)))
    assert len({graphic(seed, (48, 64)).tobytes() for seed in range(40)}) == 40


@pytest.mark.parametrize("kind", GRAPHICS)
@pytest.mark.parametrize("size", [(192, 256), (256, 170), (32, 400)])
def test_every_kind_fits_every_frame(kind, size):
    for seed in range(4):
        picture = GRAPHICS[kind](size, np.random.default_rng(seed)).photo()
        assert picture.shape == (*size, 3)
        assert picture.std() > 5  # something is on it


def test_the_callers_random_state_stays():
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    graphic(3, (64, 64))
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(InputError, match=r"size=\(20, 100\) is too small"):
        graphic(0, (20, 100))
    with pytest.raises(InputError, match="seed=-3"):
        graphic(-3, (64, 64))
