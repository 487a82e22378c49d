"""The curriculum on drawn photos: what joins when, what cleans what, the store, a kill."""

import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from sightlab.checks import InputError
from sightlab.learning import curriculum
from sightlab.learning.augmented import JoinedViews
from sightlab.learning.cleaning import clean
from sightlab.learning.curriculum import (
    CurriculumConfig,
    Stage,
    embed_manifest,
    initial_network,
    landmark_train_photos,
    run_curriculum,
)
from sightlab.nets.backbones import trunk_stages
from sightlab.nets.network import network_key
from sightlab.workspace import Workspace

NORTH = ("blue_dome", "red_tower")
SOUTH = ("green_arch", "yellow_pyramid")


@pytest.fixture(scope="module")
def manifest(trained):
    return trained.manifest


@pytest.fixture(scope="module")
def config(trained):
    return trained.profile.curriculum


@pytest.fixture(scope="module")
def stages(trained):
    return trained.stages


def records(workspace):
    return {
        str(path.parent.relative_to(workspace.root)): (path.stat().st_mtime_ns, path.read_text())
        for path in workspace.root.glob("artefacts/*/*/record.json")
    }


def test_the_class_list_grows_by_regions(stages):
    assert [(stage.number, stage.region) for stage in stages] == [(1, "north"), (2, "south")]
    assert stages[0].network.class_ids == ("non_landmark", *NORTH)
    assert stages[1].network.class_ids == ("non_landmark", *NORTH, *SOUTH)
    for stage in stages:
        n_landmarks = len(stage.network.class_ids) - 1
        assert stage.network.classifier.weight.shape == (n_landmarks + 1, 16)
        assert stage.centers.shape == (n_landmarks, 16)
        assert stage.centers.isfinite().all()
        assert not stage.network.training


def test_every_region_is_judged_by_the_network_of_the_stage_before(trained, manifest, config, stages):
    before = [initial_network(manifest, config, trained.workspace), stages[0].network]
    for stage, network in zip(stages, before, strict=True):
        photos = landmark_train_photos(manifest, stage.region)
        table = embed_manifest(network, photos, trained.workspace, config.engine)
        expected = clean(table, photos, config.cleaning)
        pd.testing.assert_frame_equal(stage.cleaned, expected, check_dtype=False)
        assert set(stage.cleaned["landmark_id"]) == set({"north": NORTH, "south": SOUTH}[stage.region])
        assert len(stage.cleaned) == 20


def test_the_initial_network_judges_all_regions_together(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(curriculum, "train", lambda *_, **__: pd.DataFrame({"loss": [0.0]}))
    config = replace(trained.profile.curriculum, cleaner="initial")
    workspace = Workspace(tmp_path)
    stages = run_curriculum(trained.manifest, config, workspace)
    cleaned = pd.concat([stage.cleaned for stage in stages], ignore_index=True)
    assert cleaned["threshold"].nunique() == 1
    expected = trained.initial_cleaning.set_index("photo_id")
    assert set(cleaned["photo_id"]) == set(expected.index)
    expected = expected.loc[cleaned["photo_id"]].reset_index()[list(cleaned.columns)]
    pd.testing.assert_frame_equal(cleaned, expected, check_dtype=False)
    assert [set(stage.cleaned["landmark_id"]) for stage in stages] == [set(NORTH), set(SOUTH)]
    by_before = pd.concat([stage.cleaned for stage in trained.stages])
    assert by_before["threshold"].nunique() == 2


def test_history_says_what_was_learned_when(stages, config):
    for stage in stages:
        assert set(stage.history["stage"]) == {stage.number}
        assert set(stage.history["region"]) == {stage.region}
        assert stage.history["epoch"].max() == 1
        assert np.isfinite(stage.history["loss"]).all()
    # stage 1: kept north photos and 20 non-landmarks; stage 2: those and the kept south photos
    seen = [int(stage.cleaned["keep"].sum()) for stage in stages]
    photos = [20 + seen[0], 20 + seen[0] + seen[1]]
    assert [len(stage.history) for stage in stages] == [2 * (n // 16) for n in photos]


def test_wrong_photos_are_dropped_and_the_others_kept(trained, stages):
    cleaned = pd.concat([stage.cleaned for stage in stages])
    wrong = cleaned["photo_id"].isin(trained.known_noise)
    assert wrong.sum() == 4
    assert cleaned.loc[wrong, "keep"].mean() < cleaned.loc[~wrong, "keep"].mean()
    assert not cleaned["keep"].all()


def test_what_trains_is_what_was_kept(manifest, stages):
    first, second = (set(curriculum._stage_photos(stage, manifest)["photo_id"]) for stage in stages)
    kept = [set(stage.cleaned.loc[stage.cleaned["keep"], "photo_id"]) for stage in stages]
    non_landmarks = set(manifest.photos.loc[~manifest.is_landmark, "photo_id"])
    assert first == kept[0] | non_landmarks
    assert second == kept[1]


def test_the_rows_of_new_landmarks_start_at_the_mean_of_their_kept_photos(trained, manifest, config, stages):
    training = config.stages[0]
    before, cleaned = stages[0].network, stages[1].cleaned
    table = embed_manifest(before, landmark_train_photos(manifest, "south"), trained.workspace, config.engine)
    network, centers = curriculum._grown(before, stages[:1], cleaned, table, training)
    assert torch.equal(network.classifier.weight[:3], before.classifier.weight)
    assert torch.equal(centers.centers[:2], stages[0].centers)
    assert before.class_ids == ("non_landmark", *NORTH)  # a copy has grown
    length = float((before.bn.weight.detach() ** 2 + before.bn.bias.detach() ** 2).sum().sqrt())
    for row, landmark in enumerate(SOUTH):
        kept = cleaned[(cleaned["landmark_id"] == landmark) & cleaned["keep"]]["photo_id"]
        mean = table.rows(kept.tolist()).mean(axis=0)
        np.testing.assert_allclose(centers.centers[2 + row], mean * length, rtol=1e-4, atol=1e-5)
        found = network.classifier.weight[3 + row].detach().numpy()
        np.testing.assert_allclose(
            found / np.linalg.norm(found), mean / np.linalg.norm(mean), rtol=1e-4, atol=1e-5
        )


def test_frozen_stages_are_those_of_the_initial_network(trained, manifest, config, stages):
    initial = initial_network(manifest, config, trained.workspace)
    frozen = config.network.frozen_stages
    for old, new in zip(
        trunk_stages(initial.trunk)[:frozen], trunk_stages(stages[1].network.trunk)[:frozen], strict=True
    ):
        assert all(torch.equal(v, new.state_dict()[k]) for k, v in old.state_dict().items())
    assert network_key(initial) != network_key(stages[0].network) != network_key(stages[1].network)


def test_the_initial_network_knows_no_label(trained, manifest, config, tmp_path):
    """Other labels, other non-landmarks: the same network."""
    photos = manifest.photos.assign(landmark_id=manifest.photos["landmark_id"].to_numpy()[::-1])
    shuffled = replace(manifest, photos=photos)
    one = initial_network(manifest, config, trained.workspace)
    assert network_key(initial_network(shuffled, config, trained.workspace)) == network_key(one)
    assert one.class_ids == ("non_landmark",)


def test_a_second_run_reads_the_store(trained, manifest, config, stages, monkeypatch):
    monkeypatch.setattr(curriculum, "train", lambda *_: pytest.fail("trained again"))
    before = records(trained.workspace)
    again = run_curriculum(manifest, config, trained.workspace)
    assert records(trained.workspace) == before
    for one, other in zip(stages, again, strict=True):
        assert network_key(one.network) == network_key(other.network)
        assert torch.equal(one.centers, other.centers)
        pd.testing.assert_frame_equal(one.history, other.history)
        pd.testing.assert_frame_equal(one.cleaned, other.cleaned)


def test_only_train_photos_matter(trained, manifest, config, stages, monkeypatch):
    monkeypatch.setattr(curriculum, "train", lambda *_: pytest.fail("trained again"))
    again = run_curriculum(manifest.split("train"), config, trained.workspace)
    assert [stage.key for stage in again] == [stage.key for stage in stages]


def copy_without(trained, tmp_path, *steps):
    """The workspace as it was before these artefacts."""
    root = tmp_path / "workspace"
    shutil.copytree(trained.workspace.root, root)
    for step in steps:
        shutil.rmtree(root / "artefacts" / step)
    return Workspace(root)


def test_a_change_of_settings_trains_again(trained, manifest, config, tmp_path, monkeypatch):
    class TrainedError(Exception):
        pass

    def stop(*_, **__):
        raise TrainedError

    monkeypatch.setattr(curriculum, "train", stop)
    workspace = copy_without(trained, tmp_path)
    first = config.stages[0]
    for changed in (
        replace(config, stages=(replace(first, learning_rate=2e-3),)),
        replace(config, cleaning=replace(config.cleaning, threshold=1.5)),
        replace(config, stages=(first, replace(first, trunk_ratio=0.1))),
    ):
        with pytest.raises(TrainedError):
            run_curriculum(manifest, changed, workspace)


def test_a_stage_that_was_killed_goes_on_and_ends_the_same(
    trained, manifest, config, stages, tmp_path, monkeypatch
):
    workspace = copy_without(trained, tmp_path)
    shutil.rmtree(workspace.folder("stage", stages[1].key))
    untouched = workspace.folder("stage", stages[0].key) / "record.json"
    before = untouched.stat().st_mtime_ns
    per_epoch = len(stages[1].history) // 2
    real, drawn = JoinedViews.batch, []

    def dying(self, rows, generator):
        drawn.append(rows)
        if len(drawn) == per_epoch + 2:  # the second batch of the second epoch
            raise KeyboardInterrupt
        return real(self, rows, generator)

    monkeypatch.setattr(JoinedViews, "batch", dying)
    with pytest.raises(KeyboardInterrupt):
        run_curriculum(manifest, config, workspace)
    (checkpoint,) = (workspace.root / "artefacts/stage" / f"{stages[1].key}.partial").glob("checkpoint_*")
    assert json.loads((checkpoint / "checkpoint.json").read_text())["epochs_done"] == 1
    assert not workspace.has("stage", stages[1].key)

    drawn.clear()
    monkeypatch.setattr(JoinedViews, "batch", lambda *a: drawn.append(a[1]) or real(*a))
    resumed = run_curriculum(manifest, config, Workspace(workspace.root))
    assert len(drawn) == per_epoch
    assert network_key(resumed[1].network) == network_key(stages[1].network)
    assert torch.equal(resumed[1].centers, stages[1].centers)
    pd.testing.assert_frame_equal(
        resumed[1].history.drop(columns="seconds"), stages[1].history.drop(columns="seconds")
    )
    assert untouched.stat().st_mtime_ns == before
    names = {path.name for path in workspace.folder("stage", stages[1].key).iterdir()}
    assert names == {
        "network.safetensors",
        "centers.npy",
        "cleaned.parquet",
        "history.parquet",
        "record.json",
    }


def test_records_say_how_a_stage_was_made(trained, stages):
    record = trained.workspace.record("stage", stages[1].key)
    assert record["stage"] == 2
    assert record["region"] == "south"
    assert record["training"]["batch_size"] == 16
    assert record["seed"] == 0
    assert record["seconds"] > 0
    assert "torch" in record["versions"]


@pytest.mark.parametrize(
    ("regions", "told"),
    [
        (("north",), "north, south; got north"),
        (("north", "south", "east"), "got north, south, east"),
        (("north", "south", "south"), "got north, south, south"),
    ],
)
def test_an_order_of_other_regions_is_refused(trained, manifest, config, regions, told):
    with pytest.raises(InputError, match=f"regions must name every region with train photos once: .*{told}"):
        run_curriculum(manifest, replace(config, regions=regions), trained.workspace)


def test_the_order_of_regions_can_be_chosen(manifest, config):
    assert curriculum._ordered_regions(manifest, config) == ("north", "south")
    turned = replace(config, regions=("south", "north"))
    assert curriculum._ordered_regions(manifest, turned) == ("south", "north")


def without_train(manifest, region=None):
    """The manifest without the train photos of landmarks, of one region or of all."""
    is_train = manifest.is_landmark & (manifest.photos["split"] == "train").to_numpy()
    of_region = True if region is None else (manifest.photos["region"] == region).to_numpy()
    return manifest.select(~(is_train & of_region))


def test_a_region_without_train_photos_is_no_stage_and_is_named(
    manifest, config, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(curriculum, "initial_network", lambda *_: None)
    monkeypatch.setattr(
        curriculum, "_run_stage", lambda number, region, *_: SimpleNamespace(network=None, region=region)
    )
    (stage,) = run_curriculum(without_train(manifest, "north"), config, Workspace(tmp_path))
    assert stage.region == "south"
    told = capsys.readouterr().err
    assert told.startswith(
        "Region 'north' has no train photo, so no stage teaches it (2 landmarks, first blue"
    )
    assert len(told.splitlines()) == 1
    assert len(run_curriculum(manifest, config, Workspace(tmp_path))) == 2
    assert capsys.readouterr().err == ""


def test_no_train_photo_at_all_is_refused(manifest, config, tmp_path):
    with pytest.raises(InputError, match=r"needs train photos of landmarks.*has none that can be read"):
        run_curriculum(without_train(manifest), config, Workspace(tmp_path))


def test_no_stage_is_refused():
    with pytest.raises(InputError, match="stages is empty"):
        CurriculumConfig(stages=())


def test_photos_to_judge(manifest):
    photos = landmark_train_photos(manifest).photos
    assert len(photos) == 40
    assert set(photos["split"]) == {"train"}
    assert "non_landmark" not in set(photos["landmark_id"])
    assert set(landmark_train_photos(manifest, "south").photos["landmark_id"]) == set(SOUTH)


def test_a_stage_introduces_itself(stages):
    kept = int(stages[1].cleaned["keep"].sum())
    assert repr(stages[1]).startswith(f"Stage 2, south: kept {kept} of 20 photos, 4 landmarks, ")
    empty = Stage(1, "north", stages[0].network, stages[0].centers, stages[0].cleaned, pd.DataFrame(), "key")
    assert repr(empty).endswith("0 updates, last loss none")
