import numpy as np

from sightlab.data.drawn.distractors.relatives_paint import ROOFS, STONES, WALLS, chosen, paint


def test_paint_is_near_one_of_its_colors_and_darker_in_its_joints():
    rng = np.random.default_rng(0)
    for _ in range(50):
        material = paint(rng, STONES, "ashlar", 0.9)
        ratios = [np.array(material.color) / stone for stone in STONES]
        assert any(np.ptp(ratio) < 0.01 and 0.87 < ratio.mean() < 1.11 for ratio in ratios)
        np.testing.assert_allclose(material.color2, 0.7 * np.array(material.color), atol=1e-3)


def test_every_option_is_chosen_in_the_end():
    rng = np.random.default_rng(0)
    for options in (STONES, WALLS, ROOFS):
        assert {chosen(rng, options) for _ in range(100)} == set(options)
