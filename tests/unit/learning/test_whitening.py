"""A whitening beside a trained network: fitted once to its photos, stored, read again."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from sightlab.data.photos import open_photo
from sightlab.learning import whitening
from sightlab.learning.whitening import whitened
from sightlab.nets.backbones import square_photo
from sightlab.nets.network import network_key
from sightlab.pipeline_forgetting import forgetting
from sightlab.workspace import Workspace


def test_no_axes_leave_the_network_alone(trained, tmp_path):
    network = trained.stages[-1].network
    assert whitened(network, trained.manifest.split("train"), 0, Workspace(tmp_path), "torch") is network


def test_fitted_to_the_photos_given_stored_and_read_again(trained, tmp_path, monkeypatch):
    network, photos = trained.stages[-1].network, trained.manifest.split("train")
    key, workspace = network_key(network), Workspace(tmp_path)
    found = whitened(network, photos, 6, workspace, "torch")
    assert network.whitening is None
    assert network_key(network) == key
    size = network.config.input_size
    squares = np.stack([square_photo(open_photo(path), size) for path in photos.paths()])
    with torch.no_grad():
        features = network.features(torch.from_numpy(squares))
        white = found.whitening(features).numpy()
        torch.testing.assert_close(found.features(torch.from_numpy(squares)), features)
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=1e-2)
    np.testing.assert_allclose(np.cov(white.T), np.eye(6), atol=2e-2)

    monkeypatch.setattr(whitening, "pooled_features", None)  # nothing is computed again
    assert network_key(whitened(network, photos, 6, workspace, "torch")) == network_key(found)
    for changed in (
        {"network": trained.initial_network},
        {"photos": photos.select(np.arange(len(photos)) > 0)},
        {"dim": 5},
    ):
        given = {"network": network, "photos": photos, "dim": 6} | changed
        with pytest.raises(TypeError, match="not callable"):
            whitened(**given, workspace=workspace, engine="torch")


def test_photos_are_compared_by_it_and_forgetting_is_measured_without(trained):
    assert trained.profile.whitened_dim > 0
    assert trained.network.whitening is not None
    assert all(stage.network.whitening is None for stage in trained.stages)
    assert trained.table.vectors.shape[1] == trained.network.unit_dim > 16
    plain = replace(trained, profile=replace(trained.profile, whitened_dim=0))
    assert plain.table.vectors.shape[1] == 16
    pd.testing.assert_frame_equal(forgetting(plain), forgetting(trained))


def test_its_photos_are_those_of_the_stages(trained, monkeypatch):
    given = []
    monkeypatch.setattr("sightlab.pipeline.whitened", lambda network, photos, *_: given.append(photos))
    trained.recognizing_network(1)
    photos = given[0].photos
    assert set(photos["split"]) == {"train"}
    kept = set(trained.stages[0].cleaned.query("keep")["photo_id"])
    assert set(photos.loc[photos["landmark_id"] != "non_landmark", "photo_id"]) == kept
    others = trained.manifest.split("train").photos.query("landmark_id == 'non_landmark'")
    assert set(photos["photo_id"]) == kept | set(others["photo_id"])
