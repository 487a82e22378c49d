import numpy as np
import pytest

from sightlab.data.drawn.distractors.furniture import WOODS, chair, dish, pot_plant, shelf, sofa, table


def test_furniture_has_the_size_of_furniture():
    assert table(1.2, 0.8, WOODS[0]).height == pytest.approx(0.75)
    np.testing.assert_allclose(np.ptp(table(1.2, 0.8, WOODS[0]).vertices[:, :2], axis=0), [1.2, 0.8])
    assert 0.9 < chair(WOODS[0]).height < 1
    assert chair(WOODS[0]).vertices[:, 1].max() > 0.19  # its back
    couch = sofa(WOODS[1], 2.0)
    assert couch.vertices[:, 1].max() <= 0.02  # its back stands at the wall
    assert 0.8 < couch.height < 0.95


def test_books_stay_on_their_shelf():
    case = shelf(np.random.default_rng(2), 1.2, 2.0, WOODS[0])
    assert case.height == pytest.approx(2.0)
    assert np.abs(case.vertices[:, 0]).max() <= 0.63
    assert case.vertices[:, 1].max() <= 1e-9
    assert len(case.faces) > 40 * 10
    # 2 m hold five rows of 0.4 m; boards are 3 cm thick: the first above the foot lies on 1.97 / 5 = 0.394
    assert 0.394 in case.vertices[:, 2].round(3)


def test_dishes_are_small_and_stand_on_their_foot():
    for kind in range(5):
        one = dish(np.random.default_rng(kind), kind)
        assert one.vertices[:, 2].min() > -0.03
        assert one.height < 0.32
        assert one.radius < 0.2
    assert pot_plant(np.random.default_rng(1)).height < 1.6
