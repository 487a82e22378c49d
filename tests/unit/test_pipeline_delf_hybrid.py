"""The hybrid in a workbench: who is asked, what is stored, and what a kill costs."""

from dataclasses import replace

import pandas as pd
import pytest

from sightlab.delf.hybrid import HybridConfig, in_doubt
from sightlab.pipeline_delf import Rival
from sightlab.pipeline_delf_hybrid import (
    choose_hybrid,
    hybrid,
    hybrid_numbers,
    hybrid_rows,
    threshold_alone,
)
from tests.unit.test_pipeline_delf import SETTINGS


@pytest.fixture(scope="module")
def rival(trained):
    return Rival(trained, SETTINGS)


def test_the_hybrid_asks_only_in_doubt_and_learns_on_tune(rival):
    numbers = hybrid_numbers(hybrid_rows(rival, ("delf", "sift"), fpr=0.05))
    limit, config = threshold_alone(rival), HybridConfig()
    for kind, prefix in (("delf", "hybrid_"), ("sift", "hybrid_sift_")):
        table = hybrid(rival, "test", kind)
        doubt = in_doubt(table["similarity"].to_numpy(), limit, config)
        assert table["n_inliers"].isna().tolist() == (~doubt).tolist()
        assert numbers[f"{prefix}share_verified"] == pytest.approx(doubt.mean())
        assert 0 < doubt.sum() < len(table)  # some are sure
    tune = pd.DataFrame(
        {
            "landmark_id": ["a", "a", "non_landmark"],
            "best_landmark_id": ["a", "a", "a"],
            "similarity": [0.50, 0.60, 0.55],
            "n_inliers": [30.0, 30.0, 0.0],
        }
    )
    # at no false alarm 0.50 is lost beside 0.55; with a gain of 0.1 it stands at 0.60, with 0.02 at 0.52
    assert choose_hybrid(tune, 0.55, 0.01) == HybridConfig(gain=0.1, enough=10)


def test_hybrid_answers_are_stored(rival, monkeypatch):
    from sightlab import pipeline_delf_hybrid

    first = hybrid(rival, "test", "sift")
    monkeypatch.setattr(pipeline_delf_hybrid, "_matcher_asked", None)
    pd.testing.assert_frame_equal(first, hybrid(rival, "test", "sift"))


def test_a_killed_matcher_goes_on_with_the_part_it_was_in(rival, monkeypatch):
    from sightlab import pipeline_delf_hybrid

    monkeypatch.setattr(pipeline_delf_hybrid, "PART", 3)
    everyone = replace(HybridConfig(), below=2, above=2)  # whatever the threshold of so few photos
    monkeypatch.setattr(pipeline_delf_hybrid, "HybridConfig", lambda: everyone)
    fresh, asked = Rival(rival.bench, replace(SETTINGS, most_queries=4)), []
    real = pipeline_delf_hybrid._matcher_asked

    def dying(rival, kind, after):
        def ask(part, words):
            if len(asked) == after:
                raise KeyboardInterrupt
            asked.append(part["photo_id"].tolist())
            return real(rival, kind)(part, words)

        return ask

    monkeypatch.setattr(pipeline_delf_hybrid, "_matcher_asked", lambda *a: dying(*a, after=1))
    with pytest.raises(KeyboardInterrupt):
        hybrid(fresh, "tune", "sift")
    assert not pipeline_delf_hybrid.has_hybrid(fresh, "sift")
    monkeypatch.setattr(pipeline_delf_hybrid, "_matcher_asked", lambda *a: dying(*a, after=None))
    found = hybrid(fresh, "tune", "sift")
    assert found["n_inliers"].notna().all()
    assert [photo for part in asked for photo in part] == found["photo"].tolist()  # each once
    assert [len(part) for part in asked] == [3, 3, 2]


def test_a_matcher_is_shown_the_nearest_photos_of_the_landmark(rival, monkeypatch):
    from sightlab import pipeline_delf_hybrid

    monkeypatch.setattr(pipeline_delf_hybrid, "COMPARED", 2)
    photo, database = rival.queries("test")["photo_id"][0], rival.database_photos
    landmark = database["landmark_id"][0]
    near = pipeline_delf_hybrid.nearest_of(rival, photo, landmark)
    own = database.loc[database["landmark_id"] == landmark, "photo_id"].tolist()
    cosine = {
        name: float(rival.bench.table.rows([name])[0] @ rival.bench.table.rows([photo])[0]) for name in own
    }
    assert near == sorted(own, key=cosine.get, reverse=True)[:2]
    assert pipeline_delf_hybrid.nearest_of(rival, photo, "nowhere") == []
