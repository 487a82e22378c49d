import numpy as np
import pytest

from sightlab.data.drawn.distractors.drawings import INK, WHITE, Canvas, silhouette


def blank(size=(40, 60)) -> Canvas:
    return Canvas(size, WHITE, np.random.default_rng(0))


def test_a_box_covers_its_share():
    canvas = blank()
    canvas.box(0.25, 0.5, 0.75, 1.0, INK)
    dark = (canvas.photo() < 128).all(axis=-1)
    # half of the width times half of the height
    assert dark.mean() == pytest.approx(0.25, abs=0.02)
    assert dark[30, 30]
    assert not dark[10, 30]


def test_a_disc_is_round_in_a_frame_that_is_not_square():
    canvas = blank((40, 80))
    canvas.disc(0.5, 0.5, 0.25, INK)
    dark = (canvas.photo() < 128).all(axis=-1)
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    # radius 0.25 of the shorter side 40: 20 pixels across both ways
    assert np.ptp(rows) == pytest.approx(20, abs=1)
    assert np.ptp(columns) == pytest.approx(20, abs=1)


def test_words_are_made_to_fit():
    canvas = blank((120, 300))
    canvas.text(0.5, 0.5, "a very long line that would never fit", 0.5, INK, fit=0.5)
    dark = (canvas.photo() < 200).any(axis=-1)
    assert dark.any()
    assert not dark[:, :70].any()
    assert not dark[:, -70:].any()


def test_invented_words_repeat_with_their_seed():
    assert blank().words(4) == blank().words(4)
    assert blank().word(capital=True).isupper()


@pytest.mark.parametrize("kind", range(5))
def test_silhouettes_stand_on_their_foot(kind):
    canvas = blank((100, 100))
    silhouette(canvas, kind, 0.5, 0.8, 0.6, INK)
    rows = np.flatnonzero((canvas.photo() < 128).all(axis=-1).any(axis=1))
    assert 18 <= rows[0] < 45
    assert 74 <= rows[-1] <= 81
