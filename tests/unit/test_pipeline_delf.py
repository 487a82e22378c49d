"""The rival in a workbench: taught, asked and measured on a drawn folder; nothing is computed twice."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sightlab import pipeline_cleaning, pipeline_delf_graph
from sightlab import pipeline_delf_diagnosis as diagnosis
from sightlab import pipeline_delf_rows as rows
from sightlab import pipeline_delf_studies as rivalry
from sightlab.checks import InputError
from sightlab.delf.candidates import ScoreConfig
from sightlab.delf.features import DelfConfig
from sightlab.delf.index import IndexConfig
from sightlab.delf.network import HeadConfig
from sightlab.delf.recognizer import DelfRecognizer, DelfSearchConfig
from sightlab.delf.settings import DelfSettings
from sightlab.delf.training import HeadTraining
from sightlab.evaluation.lost_truth import FATES
from sightlab.evaluation.protocol import evaluate
from sightlab.evaluation.timing import SpeedConfig
from sightlab.pipeline_delf import Rival, some
from sightlab.pipeline_delf_hybrid import (
    hybrid,
)
from sightlab.pipeline_delf_known import known_pairs
from sightlab.pipeline_delf_speed import enlarged, measure_speed, speed_numbers

SETTINGS = DelfSettings(
    training=HeadTraining(1, 1, 16, head=HeadConfig(32, 16)),
    dim=16,
    attention_quantile=0.1,
    features=DelfConfig(scales=(1.0, 2.0), max_keypoints=60),
    index=IndexConfig(n_neighbors=3),
    search=DelfSearchConfig(n_candidates=3),
    photos_per_landmark=4,
    most_queries=20,
    n_timed=2,
    n_timed_enlarged=1,
)


@pytest.fixture(scope="module")
def rival(trained):
    return Rival(trained, SETTINGS)


def test_the_database_holds_a_few_kept_photos_of_each(rival):
    photos = rival.database_photos
    assert set(photos["photo_id"]) <= set(rival.bench.kept()["photo_id"])
    assert (photos.groupby("landmark_id").size() <= 4).all()
    assert len(rival.database) == len(photos)
    assert rival.database.descriptors.shape[1] == 16


def test_both_systems_answer_the_same_queries(rival):
    asked = rival.queries("test")["photo_id"].tolist()
    assert rival.evaluation.outcomes["photo_id"].tolist() == asked
    assert rival.centroids.outcomes["photo_id"].tolist() == asked
    against = rivalry.against_delf(rival)
    assert len(against.photos) == len(asked)
    numbers = rivalry.comparison_numbers(rival, against)
    # index: 16 bytes of descriptor, 4 of its length and 4 of its owner; verification: 12 + 16; per keypoint
    n = len(rival.database.points) / len(rival.database)
    assert numbers["delf_bytes_per_photo"] == pytest.approx(52 * n)
    # all of test is asked: the bare key means what it does in notebook 07; of fewer there is none
    few = Rival(rival.bench, replace(SETTINGS, most_queries=19))
    assert "sensitivity_at_fpr_1pct" not in rivalry.comparison_numbers(few, rivalry.against_delf(few))
    answers = evaluate(
        rival.bench.recognize("test", use_gps=False), rival.bench.manifest.split("test").photos
    )
    assert numbers["sensitivity_at_fpr_1pct"] == answers.numbers["sensitivity_at_fpr_1pct"]
    search = rival.bench.recognizer.search
    rows = len(search.gallery) + len(search.witnesses) + len(rival.bench.pool)
    rows += sum(len(vectors) for vectors in search.reference_vectors.values())
    kept = 4 * rival.bench.network.unit_dim * rows / len(rival.bench.kept())
    assert numbers["centroid_bytes_per_photo"] == pytest.approx(kept)
    rival.bench.workspace.report("08_delf_comparison", numbers)


def test_curves_of_all_systems_are_of_the_same_queries(rival):
    table = rivalry.open_set(rival)
    assert list(table["system"].unique()) == ["sightlab", "rule of the article", "DELF"]
    landmarks = (rival.queries("test")["landmark_id"] != "non_landmark").sum()
    assert set(table["n"]) == {landmarks}
    for name, expected in (("sightlab", rival.centroids), ("DELF", rival.evaluation)):
        own = table[table["system"] == name]
        assert own["sensitivity"].tolist() == expected.curve["sensitivity"].tolist()
        assert own["sensitivity"].is_monotonic_increasing
        # at every rate each system counts whole photos of the same ones
        assert ((own["sensitivity"] * landmarks) % 1).round(9).isin([0, 1]).all()


def test_the_threshold_comes_from_distractors_of_tune(rival):
    tune = rival.queries("tune")
    ids = tune.loc[tune["landmark_id"] == "non_landmark", "photo_id"]
    scores = rival.answers("tune").set_index("photo").loc[ids, "similarity"].to_numpy()
    # 20 distractors at 5 % on average: (20 + 1) 0.05 - 1 = 0.05, so none may be above
    assert rival.confidence is None
    assert rival.threshold == pytest.approx(scores.max())


def test_a_second_rival_computes_nothing_again(rival, monkeypatch):
    from sightlab import pipeline_delf
    from sightlab.delf import store

    first = rival.answers("test")

    def never(*_, **__):
        raise AssertionError("computed again")

    monkeypatch.setattr(pipeline_delf, "train_head", never)
    monkeypatch.setattr(store, "_fill", never)
    again = Rival(rival.bench, SETTINGS)
    pd.testing.assert_frame_equal(first, again.answers("test"))
    assert again.net.key == rival.net.key


def test_a_killed_comparison_goes_on_with_the_part_it_was_in(rival, monkeypatch):
    from sightlab import pipeline_delf

    expected = rival.compared(rival.queries("test"), "test")
    monkeypatch.setattr(pipeline_delf, "PART", 7)
    config = DelfSearchConfig(n_candidates=2)  # nothing of it is stored
    first, again = (Rival(rival.bench, replace(SETTINGS, search=config)) for _ in range(2))
    real, asked = DelfRecognizer.compare, []

    def dying(self, ids, features, key=None):
        if len(asked) == 2:
            raise KeyboardInterrupt
        asked.append(list(ids))
        return real(self, ids, features, key)

    monkeypatch.setattr(DelfRecognizer, "compare", dying)
    with pytest.raises(KeyboardInterrupt):
        first.compared(first.queries("test"), "test")
    done = len(asked)
    asked.insert(0, [])  # so that it never has two again
    found = again.compared(again.queries("test"), "test")
    ids = [photo for part in asked for photo in part]
    assert ids == found["photo"].drop_duplicates().tolist() == again.queries("test")["photo_id"].tolist()
    assert done == 2
    best = expected.groupby("photo", sort=False).head(2).reset_index(drop=True)
    pd.testing.assert_frame_equal(found, best, check_like=True)


def test_other_settings_are_other_answers(rival):
    other = Rival(rival.bench, replace(SETTINGS, search=DelfSearchConfig(n_candidates=1)))
    tables = [r.compared(r.queries("test"), "test") for r in (other, rival)]
    assert tables[0].attrs["key"] != tables[1].attrs["key"]
    assert tables[0].groupby("photo").size().max() == 1
    assert tables[1].groupby("photo").size().max() == 3


def test_another_score_compares_nothing_again(rival, monkeypatch):
    rival.answers("test")
    monkeypatch.setattr(DelfRecognizer, "compare", None)
    other = Rival(rival.bench, replace(SETTINGS, score=ScoreConfig("spots")))
    plain = rival.answers("test")["similarity"]
    assert (other.answers("test")["similarity"] <= plain + 1).all()  # spots are never more than inliers
    assert not other.answers("test")["similarity"].equals(plain)


def test_too_few_distractors_cannot_carry_the_promise(rival):
    with pytest.raises(InputError, match="more tune distractors than the 3"):
        _ = Rival(rival.bench, replace(SETTINGS, most_queries=3)).confidence


def test_every_system_has_a_row(rival, monkeypatch):
    monkeypatch.setattr(rows, "STRONG_DIM", 24)  # the test's head has 32 features
    table = rows.method_rows(rival, ("strong", "sift"))
    assert table["system"].tolist() == [
        "centroids",
        "DELF",
        "DELF, 24 numbers",
        "centroids, similarity alone",
        "hybrid, delf",
        "hybrid, sift",
    ]
    assert table["share_verified"].isna().tolist() == [True] * 4 + [False] * 2
    alone = table.set_index("system").loc["centroids, similarity alone"]
    tune, test = (hybrid(rival, split) for split in ("tune", "test"))
    limit = tune.loc[tune["landmark_id"] == "non_landmark", "similarity"].max()  # none of 20 may pass
    above = test["similarity"] > limit
    own = test["landmark_id"] != "non_landmark"
    assert alone["sensitivity"] == (above & (test["landmark_id"] == test["best_landmark_id"]))[own].mean()
    assert alone["fpr"] == above[~own].mean()
    numbers = rows.row_numbers(table)
    assert numbers["delf_strong_sensitivity_at_fpr_1pct"] == table["sensitivity_at_fpr_1pct"][2]
    assert rows.row_numbers(table[:2]) == {}
    assert table["sensitivity"].between(0, 1).all()  # at the thresholds that tune chose
    assert table["sensitivity"][0] == rival.centroids.numbers["sensitivity"]
    assert table["fpr"].between(0, 1).all()
    with pytest.raises(InputError, match="more"):
        rows.method_rows(rival, ("orb",))


def test_no_pairs_no_numbers(rival):
    assert rivalry.pairs(rival) is None
    assert set(rivalry.pairs_numbers(None).values()) == {None}


def test_pairs_by_hand():
    rows = [
        ("x", "x", True, 50, 20, 6),
        ("x", "y", False, 50, 5, 6),
        ("london_bridge",) * 2 + (True, 50, 3, 6),
    ]
    table = pd.DataFrame(rows, columns=["place_a", "place_b", "is_same", "n_matches", "n_inliers", "null"])
    numbers = rivalry.pairs_numbers(table)
    assert numbers["pairs_auroc"] == 1  # 20 against 5
    assert numbers["pairs_auroc_all"] == 0.5  # 20 and 3 against 5
    assert (numbers["pairs_same_above_null"], numbers["pairs_other_above_null"]) == (0.5, 0)


def test_where_the_truth_is_lost(rival):
    found = diagnosis.fates_of(rival, "test")
    landmarks = found["landmark_id"] != "non_landmark"
    assert found["photo_id"].tolist() == rival.queries("test")["photo_id"].tolist()
    assert set(found.loc[landmarks, "fate"]) <= set(FATES)
    at_1 = rival.evaluation.numbers["sensitivity_at_fpr_1pct"]
    assert (found.loc[landmarks, "fate"] == "right").mean() == pytest.approx(at_1)  # both at FPR 1 %
    counts = diagnosis.lost(rival, found)
    assert counts["slice"].tolist() == ["all", "region: north", "region: south"]
    assert counts["n"].tolist()[0] == counts["n"].sum() / 2 == landmarks.sum()
    numbers = diagnosis.lost_numbers(found)
    lost = sum(value for key, value in numbers.items() if key.startswith("delf_lost_"))
    assert lost == pytest.approx(1 - at_1)
    assert numbers["delf_recall_at_candidates"] >= numbers["delf_recall_at_1"]


def test_smaller_databases_are_parts_of_the_largest(rival):
    table = diagnosis.by_database_size(rival, (1, 4), n_queries=8)
    assert table["photos_per_landmark"].tolist() == [1, 4]
    assert table["n_photos"].tolist() == [4, len(rival.database)]
    assert table["n"].tolist() == [8, 8]
    assert table["true_inliers"].is_monotonic_increasing  # the best of more photos


def test_known_geometry_needs_a_drawn_world(rival):
    assert known_pairs(rival) is None


def test_geometry_as_a_cleaner(rival):
    assert pipeline_delf_graph.league_to_show(rival, False, n_neighbors=3) is None
    assert pipeline_delf_graph.graph_numbers(None) == {}
    table = pipeline_delf_graph.league_to_show(rival, True, n_neighbors=3)
    pd.testing.assert_frame_equal(table, pipeline_delf_graph.league_to_show(rival, False, n_neighbors=3))
    numbers = pipeline_delf_graph.graph_numbers(table)
    assert numbers["delf_graph_auroc"] == table["auroc"].iloc[-1]
    assert table["way"].iloc[-1] == pipeline_delf_graph.NAME
    counts = pipeline_delf_graph.witnessed(rival, 3)["n_inliers"]
    assert len(counts) == len(pipeline_cleaning.scores(rival.bench))
    # dropped are those with fewer than 30; references are not judged
    known = pipeline_cleaning.cleaning_case(rival.bench)[1]
    few = (counts.to_numpy() < 30)[known.is_wrong & ~known.is_reference]
    assert table["noise_dropped"].iloc[-1] == pytest.approx(few.mean())


def test_pictures_of_what_divides_them(rival):
    pictures = rivalry.won_and_lost(rival, rivalry.against_delf(rival), most=1)
    assert pictures
    for picture in pictures:
        square, evidence = picture.seen
        assert square.shape[0] == square.shape[1] == rival.bench.network.config.input_size
        assert evidence.ndim == 2
        assert picture.points.shape == picture.others.shape
        assert "alone is right" in picture.caption


def test_speed_of_every_step(rival):
    times = measure_speed(rival, SpeedConfig(n_photos=2, n_warm_up=0, threads=1), sizes=(1, 2))
    assert set(times["system"]) == {"sightlab 1x", "delf 1x", "sightlab 2x", "delf 2x"}
    assert set(times.loc[times["system"] == "delf 2x", "step"]) == {
        "decode", "extraction", "search", "verification", "whole",
    }  # fmt: skip
    numbers = speed_numbers(times, sizes=(1, 2))
    assert numbers["speedup_cpu_1x"] > 0
    assert (numbers["n_timed_1x"], numbers["n_timed_2x"]) == (2, 1)
    assert np.isfinite(list(numbers.values())).all()  # fewer photos at 2x leave no gap
    assert numbers["ms_delf_extraction_2x"] > 0
    found = rivalry.systems({"sightlab": rival.centroids, "delf": rival.evaluation}, times)
    assert found["system"].tolist() == ["sightlab", "delf"]
    assert "speedup_cuda_1x" in speed_numbers(times, (1,), "cuda")  # a GPU's figures have keys of their own


def test_an_approximate_index_is_timed_where_it_can_be_had(rival):
    pytest.importorskip("faiss")
    times = measure_speed(rival, SpeedConfig(n_photos=1, n_warm_up=0, threads=1), sizes=(1,))
    assert set(times["system"]) == {"sightlab 1x", "delf 1x", "delf_ivf 1x"}
    assert speed_numbers(times, (1,))["speedup_cpu_ivf_1x"] > 0
    table = rows.method_rows(rival, ("ivf",))
    assert "DELF, approximate index" in set(table["system"])
    assert "delf_ivf_sensitivity_at_fpr_1pct" in rows.row_numbers(table)


def test_a_larger_gallery_answers_the_same(rival):
    recognizer = rival.bench.recognizer
    large = enlarged(recognizer, 4)
    assert len(large.gallery) == 4 * len(recognizer.gallery)
    vectors = rival.bench.table.rows(rival.queries("test")["photo_id"])[:5]
    names = [str(i) for i in range(5)]
    ours, theirs = (r.recognize(names, vectors)["best_landmark_id"] for r in (recognizer, large))
    assert [name.split("~")[0] for name in theirs] == ours.tolist()


def test_some_rows_keep_their_order():
    table = pd.DataFrame({"x": np.arange(50)})
    assert some(table, 10, 0)["x"].is_monotonic_increasing
    assert len(some(table, 10, 0)) == 10
    assert len(some(table, 99, 0)) == 50
