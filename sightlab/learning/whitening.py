"""A whitening beside the embedding of a trained network, see `LandmarkNet.fit_whitening`; stored.

Source: whitened pooled features Jegou & Chum 2012; beside a trained embedding: ours.
"""

from __future__ import annotations

from copy import deepcopy

import torch

from sightlab.data.manifest import Manifest
from sightlab.nets.embedding import pooled_features
from sightlab.nets.engine import resolve_engine
from sightlab.nets.network import LandmarkNet, load_network, network_key, save_network
from sightlab.workspace import Workspace, artefact_key, file_facts

VERSION = 1


def whitened(
    network: LandmarkNet, photos: Manifest, dim: int, workspace: Workspace, engine: str = "auto"
) -> LandmarkNet:
    """A copy of the network that compares photos by their whitened trunk features, too.

    Args:
        network: trained.
        photos: readable ones that it was trained on.
        dim: principal axes wanted; 0: the network as it is.
    """
    if dim == 0:
        return network
    settings = {"dim": dim, "engine": resolve_engine(engine).name}
    settings["files"] = file_facts(photos.photos["photo_id"], photos.paths())
    inputs = [network_key(network)]
    key = artefact_key("whitened", VERSION, settings, inputs)
    if not workspace.has("whitened", key):
        copy = deepcopy(network)
        copy.fit_whitening(torch.from_numpy(pooled_features(network, photos.paths(), engine, workspace)), dim)
        record = {"dim": dim, "n_photos": len(photos), "inputs": inputs}
        workspace.write(
            "whitened", key, lambda folder: save_network(copy, folder / "network.safetensors"), record
        )
    return load_network(workspace.folder("whitened", key) / "network.safetensors")
