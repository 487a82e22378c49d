"""Regions after each stage, against slow loops on the trained world."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sightlab.evaluation.forgetting import PARTS
from sightlab.learning import curriculum
from sightlab.nets import embedding
from sightlab.pipeline import Workbench
from sightlab.pipeline_forgetting import answers_from, changes, forgetting
from sightlab.workspace import Workspace


@pytest.fixture
def again(trained):
    """The same photos, workspace and settings, opened anew."""
    return Workbench(trained.photos, Workspace(trained.workspace.root), trained.profile)


@pytest.fixture
def confused(trained, again):
    """Two photos of the south under each other's landmark."""
    photos = trained.manifest.photos.copy()
    two = photos["photo_id"].isin(["green_arch_010", "yellow_pyramid_012"])
    photos.loc[two, "landmark_id"] = ["yellow_pyramid", "green_arch"]
    again.__dict__["manifest"] = replace(trained.manifest, photos=photos)
    again.__dict__["stages"] = trained.stages
    return again


def test_it_comes_from_the_store_the_second_time(trained, again, monkeypatch):
    first = forgetting(trained, 0.05), changes(trained, 0.05, 20)
    monkeypatch.setattr(curriculum, "train", lambda *_, **__: pytest.fail("trained again"))
    monkeypatch.setattr(embedding, "compile_engine", lambda *_, **__: pytest.fail("embedded again"))
    pd.testing.assert_frame_equal(forgetting(again, 0.05), first[0])
    pd.testing.assert_frame_equal(changes(again, 0.05, 20), first[1])


def slow_forgetting(bench, stage, table, region, fpr):
    """Nearest mean of the kept photos; the threshold tried one by one."""
    kept = bench.kept(stage.number)
    means = {}
    for landmark in sorted(set(kept["landmark_id"])):
        mean = table.rows(kept.loc[kept["landmark_id"] == landmark, "photo_id"].tolist()).mean(axis=0)
        means[landmark] = mean / np.linalg.norm(mean)
    queries = []
    for photo in bench.manifest.split("tune").photos.itertuples():
        if photo.landmark_id == "non_landmark" or photo.landmark_id in means:
            similarity = {name: float(table.rows([photo.photo_id])[0] @ mean) for name, mean in means.items()}
            best = max(similarity, key=similarity.get)
            queries.append((photo.landmark_id, photo.region, best, similarity[best]))
    distractors = [similarity for truth, _, _, similarity in queries if truth == "non_landmark"]
    chosen = None
    for threshold in sorted({-2.0, *(query[3] for query in queries)}):  # the lowest that meets the rate
        if sum(s > threshold for s in distractors) <= fpr * len(distractors):
            chosen = threshold
            break
    mine = [q for q in queries if q[1] == region and q[0] != "non_landmark"]
    return sum(truth == best and s > chosen for truth, _, best, s in mine) / len(mine)


@pytest.mark.parametrize("fpr", [0.05, 0.5])
def test_forgetting_equals_the_slow_loop(trained, confused, fpr):
    found = forgetting(confused, fpr)
    pairs = list(zip(found["stage"], found["region"], strict=True))
    assert pairs == [(1, "north"), (2, "north"), (2, "south")]
    assert found["n"].tolist() == [10, 10, 10]
    assert (found["low"] <= found["sensitivity"]).all()
    assert (found["sensitivity"] <= found["high"]).all()
    last = found[found["stage"] == 2].set_index("region")["sensitivity"]
    engine = trained.profile.curriculum.engine
    table = curriculum.embed_manifest(confused.stages[1].network, trained.manifest, trained.workspace, engine)
    for region in ("north", "south"):
        expected = slow_forgetting(confused, confused.stages[1], table, region, fpr)
        assert last[region] == pytest.approx(expected), region
    assert last["south"] < 1


def slow_answers(bench, stage, n_stages):
    """Nearest mean of what was kept in the first stages, by the network after a stage, photo by photo."""
    engine = bench.profile.curriculum.engine
    table = curriculum.embed_manifest(stage.network, bench.manifest, bench.workspace, engine)
    kept = bench.kept(n_stages)
    means = {}
    for landmark in sorted(set(kept["landmark_id"])):
        mean = table.rows(kept.loc[kept["landmark_id"] == landmark, "photo_id"].tolist()).mean(axis=0)
        means[landmark] = mean / np.linalg.norm(mean)
    found = {}
    for photo in bench.manifest.split("tune").photos.itertuples():
        if photo.landmark_id == "non_landmark" or photo.landmark_id in means:
            similarity = {name: float(table.rows([photo.photo_id])[0] @ mean) for name, mean in means.items()}
            best = max(similarity, key=similarity.get)
            found[photo.photo_id] = (best, pytest.approx(similarity[best], abs=1e-5))
    return found


@pytest.mark.parametrize("n_stages", [1, 2])
def test_answers_are_those_of_the_nearest_mean(trained, n_stages):
    last = trained.stages[-1]
    used = trained.manifest.photos["split"].ne("test").to_numpy()
    engine = trained.profile.curriculum.engine
    table = curriculum.embed_manifest(last.network, trained.manifest.select(used), trained.workspace, engine)
    found = answers_from(trained, table, n_stages)
    result = {row.photo_id: (row.best, row.similarity) for row in found.itertuples()}
    assert result == slow_answers(trained, last, n_stages)
    assert set(found["best"]) <= set(trained.kept(n_stages)["landmark_id"])


def test_changes_are_those_of_the_matrix(confused):
    matrix = forgetting(confused, 0.05).set_index(["stage", "region"])["sensitivity"]
    found = changes(confused, 0.05, 20)
    assert found["region"].tolist() == ["north"]  # south was just learned
    row = found.iloc[0]
    assert row["change"] == pytest.approx(matrix[2, "north"] - matrix[1, "north"])
    assert row["forgotten"] + row["crowded"] == pytest.approx(row["change"])
    for part in PARTS:
        assert row[f"{part}_low"] <= row[part] <= row[f"{part}_high"]


def test_one_stage_forgets_nothing(trained, again):
    again.__dict__["stages"] = trained.stages[:1]
    assert changes(again).empty
    assert forgetting(again)["region"].tolist() == ["north"]
