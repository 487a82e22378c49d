"""A small run for the tests of the explorer: drawn photos, made-up vectors and answers, a tiny network."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from sightlab.data.manifest import NON_LANDMARK, Manifest
from sightlab.nets.embedding_table import EmbeddingTable
from sightlab.nets.network import NetworkConfig, create_network
from sightlab.recognition.centroids import build_gallery
from sightlab.recognition.trees import CentroidConfig
from sightlab.views.explorer_card import Evidence
from sightlab.views.failures import FAILURES
from tests.drawn import LANDMARKS, write_photo_folder

SCRIPT = "<script>alert(1)</script>\n😀"


def small_evidence(folder: Path) -> Evidence:
    """12 train photos of four landmarks; yellow_pyramid is without references, its name is markup."""
    write_photo_folder(folder, photos_per_landmark=6, n_distractors=6)
    manifest = Manifest.read(folder)
    landmarks = manifest.landmarks.copy()
    landmarks.loc[landmarks["landmark_id"] == "yellow_pyramid", "name"] = SCRIPT
    references = manifest.references
    references = references[references["landmark_id"] != "yellow_pyramid"].reset_index(drop=True)
    manifest = replace(manifest, landmarks=landmarks, references=references)
    table = made_up_vectors(manifest)
    photos = manifest.photos
    train = photos[(photos["split"] == "train") & (photos["landmark_id"] != NON_LANDMARK)]
    gallery = build_gallery(table, train, CentroidConfig(max_diameter=2, min_photos=1), key="gallery")
    return Evidence(manifest, table, gallery, lambda: tiny_network(), model="m1", square_km=1.0)


def made_up_vectors(manifest: Manifest) -> EmbeddingTable:
    """Unit vectors, those of a landmark around an axis of their own."""
    rng = np.random.default_rng(0)
    axes = {name: 3 * np.eye(8)[i] for i, name in enumerate([*LANDMARKS, NON_LANDMARK])}
    vectors = np.stack([axes[name] + rng.normal(0, 0.4, 8) for name in manifest.photos["landmark_id"]])
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return EmbeddingTable(manifest.photos["photo_id"].to_numpy(str), vectors, "table")


def tiny_network():
    """It was taught every landmark but green_arch."""
    config = NetworkConfig("test_efficientnet", weights=None, input_size=64, embedding_dim=8, frozen_stages=1)
    network = create_network(config)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network.grow(("blue_dome", "red_tower", "yellow_pyramid"), torch.randn(3, 8))
    return network.eval()


def answers_on(evidence: Evidence) -> pd.DataFrame:
    """Every test photo with a made-up answer, in the columns of `failures.answer_table`; worst first.

    Similarities fall from 0.9 in steps of 0.1; the threshold is 0.5.
    """
    photos = evidence.manifest.photos
    table = photos[photos["split"] == "test"].reset_index(drop=True)
    n = len(table)
    best = np.resize(["blue_dome", "yellow_pyramid", "red_tower"], n)
    similarity = np.round(0.9 - 0.1 * np.arange(n), 3)
    truth = table["landmark_id"].to_numpy(dtype=object)
    answer = np.where(similarity > 0.5, best, NON_LANDMARK)
    is_landmark = truth != NON_LANDMARK
    outcome = np.select(
        [is_landmark & (answer == truth), is_landmark & (answer != NON_LANDMARK), is_landmark],
        ["correct", "confused", "missed"],
        np.where(answer == NON_LANDMARK, "correct_rejection", "false_alarm"),
    )
    rows = evidence.gallery.landmark_ids
    table = table.assign(
        answer=answer, best_landmark_id=best, runner_up="red_tower", similarity=similarity, threshold=0.5,
        margin=0.1, cosine=similarity, probability=0.5, used_gps=False, world_landmark_id="",
        centroid=[int(np.flatnonzero(rows == name)[0]) for name in best],
        reason=[f"similarity {s:.2f}" for s in similarity], trace="no coordinates; centroid 0",
        outcome=outcome, gate="similarity", severity=np.abs(similarity - 0.5),
        is_failure=np.isin(outcome, FAILURES),
    )  # fmt: skip
    return table.sort_values(["severity", "photo_id"], ascending=[False, True], ignore_index=True)
