import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.evaluation.ab import planning_table, uplift
from sightlab.views.figures_albums import MOST_ALBUMS, ab_readout, album_contents


def contents(n: int) -> pd.DataFrame:
    names = [f"Landmark $_{i}$ with a name that is long" for i in range(n)]
    return pd.DataFrame({"name": names, "right": range(n, 0, -1), "other_landmark": 1, "no_landmark": 0})


def test_a_bar_a_kind_and_album(assert_legible):
    figure = album_contents(contents(4))
    widths = [[bar.get_width() for bar in group] for group in figure.axes[0].containers]
    assert widths == [[4, 3, 2, 1], [1, 1, 1, 1], [0, 0, 0, 0]]
    assert_legible(figure)


def test_the_largest_albums_and_how_many_are_not_shown(texts_of):
    figure = album_contents(contents(MOST_ALBUMS + 3))
    assert "3 smaller albums not shown" in texts_of(figure)


def test_uplifts_and_plan(assert_legible, texts_of):
    counts = pd.DataFrame(
        [("purchases", 20_000, 160, 20_000, 190), ("album views", 20_000, 800, 20_000, 904)],
        columns=["metric", "control_n", "control_k", "treatment_n", "treatment_k"],
    )
    read = uplift(counts)
    plans = [
        planning_table(row.control_rate, [0.02, 0.1]).assign(metric=row.metric, rate=row.control_rate)
        for row in read.itertuples()
    ]
    figure = ab_readout(read, pd.concat(plans), "invented counts")
    assert "invented counts" in texts_of(figure)
    assert_legible(figure)


def test_nothing_to_draw_is_refused():
    with pytest.raises(InputError, match="no rows"):
        album_contents(contents(0))
