"""Jobs that are killed: each fills a workspace from a folder of drawn photos, small enough to be done often.

A job runs in a process of its own. `Trigger` ends it, or fills its disk, before a chosen change of the
workspace: opening a file for writing, renaming, making or deleting something.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import lightning_fabric  # noqa: F401 - loaded before a job starts, as is timm
import timm  # noqa: F401
import torch

from sightlab import pipeline_many
from sightlab.checks import InputError
from sightlab.data.manifest import Manifest
from sightlab.learning.augmented import ViewConfig
from sightlab.learning.training import TrainingConfig
from sightlab.nets import embedding, photo_stream
from sightlab.nets.network import NetworkConfig, create_network
from sightlab.pipeline import Workbench
from sightlab.profiles import Profile, get_profile
from sightlab.workspace import Workspace

NETWORK = NetworkConfig("test_resnet", None, input_size=64, embedding_dim=8, frozen_stages=2)
CHANGES = ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate")
WRITING = os.O_WRONLY | os.O_RDWR
SHARD = 8  # photos
KILLED, FULL, REFUSED = -signal.SIGKILL, 3, 4  # exit codes; 0 is done, others are bugs


@dataclass(frozen=True)
class Trigger:
    """What happens before the n-th change of the workspace (from 1); 0: nothing ever."""

    change: int = 0
    what: str = "kill"  # or "full": no space left on device, from then on


NEVER = Trigger()


def tiny_profile() -> Profile:
    """Two stages of one epoch each, 64 pixels, a network of a few thousand weights."""
    profile = get_profile("tour")
    curriculum = replace(
        profile.curriculum,
        network=NETWORK,
        views=ViewConfig(n_views=2),
        stages=(TrainingConfig(epochs=2, batch_size=16),),
        cleaner="previous",
        engine="torch",
    )
    return replace(profile, curriculum=curriculum, fpr=0.05)


def embed(photos: Path, workspace: Workspace) -> None:
    manifest = Manifest.read(photos)
    ids = manifest.photos["photo_id"].tolist()
    embedding.embed_photos(create_network(NETWORK), ids, manifest.paths(), workspace, "torch", None)


def clean(photos: Path, workspace: Workspace) -> None:
    bench = Workbench(photos, workspace, tiny_profile())
    workspace.table("initial_cleaning", 1, None, [bench.manifest.key], lambda: bench.initial_cleaning)


def train(photos: Path, workspace: Workspace) -> None:
    Workbench(photos, workspace, tiny_profile()).stages  # noqa: B018


def run(photos: Path, workspace: Workspace) -> None:
    """Everything up to the model, as the notebooks of `sightlab run` do it one after the other."""
    with workspace.lock():
        bench = Workbench(photos, workspace, tiny_profile())
        bench.save_model()
        workspace.report("04_curriculum_training", {"n_kept": int(bench.cleaned["keep"].sum())})
        workspace.merge_results("tour", {"04_curriculum_training": 1.0})


def ready_to_recognize(photos: Path, workspace: Workspace) -> list[Path]:
    """The photos, and in the workspace the model that `killing.train_beside` has put beside them."""
    model, fresh = workspace.root / "models" / "current", workspace.root / "models" / "fresh"
    if not model.is_dir():
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(photos.parent / "trained/models/current", fresh)
        fresh.rename(model)
    return Manifest.read(photos).paths()


def recognize(photos: Path, workspace: Workspace) -> None:
    paths = ready_to_recognize(photos, workspace)
    pipeline_many.recognize_into(workspace.root / "answers.csv", paths, workspace, engine="torch")


def embed_backwards(photos: Path, workspace: Workspace) -> None:
    """Embedding while the clock runs backwards, a minute each time somebody looks."""
    noon, looks = time.time(), count()
    time.time = lambda: noon - 60 * next(looks)
    embed(photos, workspace)


JOBS: dict[str, Callable[[Path, Workspace], None]] = {
    "embed": embed,
    "cleaning": clean,
    "train": train,
    "run": run,
    "recognize": recognize,
    "embed, clock backwards": embed_backwards,
}


class _Hook:
    """Counts changes of a folder, and pulls the trigger before one of them."""

    def __init__(self, root: Path, trigger: Trigger):
        self.root, self.trigger, self.n = os.path.realpath(root), trigger, 0

    def __call__(self, event: str, arguments: tuple) -> None:
        if event not in CHANGES or not self._concerns(event, arguments):
            return
        self.n += 1
        if not self.trigger.change or self.n < self.trigger.change:
            return
        if self.trigger.what == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if event in ("open", "os.mkdir"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), arguments[0])

    def _concerns(self, event: str, arguments: tuple) -> bool:
        path = arguments[0]
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & WRITING):
            return False
        if not isinstance(path, (str, os.PathLike)):
            return False
        path = os.fspath(path)
        return not os.path.isabs(path) or path.startswith(self.root)  # rmtree names files inside its folder


def work(job: str, photos: Path, root: Path, trigger: Trigger, counted: Path | None = None) -> None:
    """The body of a process: one job; `counted` gets the number of changes it made. Ends the process."""
    torch.set_num_threads(1)
    embedding.SHARD = pipeline_many.SHARD = SHARD
    photo_stream.BLOCK = 4
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - progress bars of a process that ends here
    hook = _Hook(root, trigger)
    sys.addaudithook(hook)
    try:
        JOBS[job](photos, Workspace(root))
    except InputError as error:
        os._exit(FULL if "disk is full" in str(error) else REFUSED)
    hook.trigger = NEVER
    if counted is not None:
        counted.write_text(str(hook.n))
    os._exit(0)
