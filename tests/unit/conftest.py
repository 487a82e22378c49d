"""What tests of several rooms share: a cluster that is played."""

import pytest

from tests.fake_ray import FakeRay


@pytest.fixture
def play(monkeypatch):
    """Starts a `FakeRay` with the choices given; a worker, which is this process, has made nothing yet."""
    import torch

    from sightlab.nets import cluster

    threads = torch.get_num_threads()
    monkeypatch.setattr(cluster, "_ready", {})

    def start(**choice):
        ray = FakeRay(**choice)
        monkeypatch.setattr(cluster, "require_ray", lambda: ray)
        return ray

    yield start
    torch.set_num_threads(threads)
