"""The drawn world: a folder of photos of landmarks that are drawn, not fetched, and whose truth is known.

    world = World.build(seed=0, size="tiny")
    world.manifest, world.truth                 # what a cleaner may see, and what only a measurement may
    world.drawing("bruyne_belfry_0004").depth   # every pixel, drawn again

The folder is laid out like one of real photos, so every step takes it as it is. On one machine the same call
gives byte-equal tables and pixel-equal photos, whatever the number of processes and however often it was
interrupted. On another machine manifest, landmarks, references and injected noise are the same bytes; photos
differ by rounding (mean difference of a photo below 2 of 255), and so do shares in the truth (below 0.01).

Source: ours.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from sightlab.checks import InputError, check_count
from sightlab.data.drawn.light.render import Drawing
from sightlab.data.drawn.making.draw import Studio
from sightlab.data.drawn.making.folder import WorldFolder, read_settings
from sightlab.data.drawn.making.plan import plan
from sightlab.data.drawn.making.tables import camera_of, read_truth, visible_landmarks
from sightlab.data.drawn.making.worker import draw_into
from sightlab.data.drawn.making.workers import draw_with_workers
from sightlab.data.drawn.solids.scene import Camera
from sightlab.data.manifest import Manifest
from sightlab.workspace_records import available_cores

VERSION = 4  # of what is drawn: raise it when the same seed gives other photos


@dataclass(frozen=True, eq=False)
class World:
    """A finished drawn world in a folder."""

    folder: Path
    settings: Mapping  # seed, size, n_photos, depth, version

    @classmethod
    def build(
        cls,
        seed: int = 0,
        size: str = "tour",
        folder: Path | str | None = None,
        n_photos: int | None = None,
        workers: int | None = None,
        depth: bool = False,
        progress: bool = True,
    ) -> World:
        """Draws a world, or what is missing of it, or finds it finished.

        Args:
            seed: of everything drawn, a whole number >= 0.
            size: tiny (200 photos), tour (3,100), large (any number).
            folder: where it goes; None: a folder of its own in the user's cache.
            n_photos: photos in the manifest of a large world, >= 1,000.
            workers: processes that draw; None: one for each processor; 1: this process alone.
            depth: write the depth map of every photo, too, as depth/<photo_id>.npy (float32, meters).
            progress: show a bar with the time left.
        Raises:
            InputError: an unknown size, a negative number, a folder that cannot be written, holds other
                things or a world of other settings, a full disk.
            ChildProcessError: a process that draws was ended from outside; the message names its photo.
        """
        check_count(seed, "seed", 0)
        n_workers = available_cores() if workers is None else workers
        check_count(n_workers, "workers")
        table = plan(seed, size, n_photos)
        settings = world_settings(seed, size, n_photos, depth)
        root = cache_folder(settings) if folder is None else Path(folder)
        growing = WorldFolder(root, settings)
        if not growing.holds(table):
            with growing.claimed():
                _draw_missing(growing, table, n_workers, progress)
        return cls(root, settings)

    @classmethod
    def read(cls, folder: Path | str) -> World:
        """The finished world of a folder.

        Raises:
            InputError: no world there, one that is not finished, or one that this version cannot draw again.
        """
        settings = read_settings(Path(folder))
        if settings.get("version") != VERSION:
            raise InputError(
                f"expected a world of version {VERSION} in {folder}; got {settings.get('version')!r}. "
                "Delete the folder and draw it again."
            )
        return cls(Path(folder), settings)

    def __repr__(self) -> str:
        return f"World: {len(self.plan):,} photos, {self.settings['size']}, seed {self.settings['seed']}"

    @cached_property
    def plan(self) -> pd.DataFrame:
        """What every photo was meant to be, see `making.plan.plan`."""
        return plan(self.settings["seed"], self.settings["size"], self.settings["n_photos"])

    @cached_property
    def manifest(self) -> Manifest:
        """Photos, landmarks and references, as of any folder."""
        return Manifest.read(self.folder)

    @cached_property
    def truth(self) -> pd.DataFrame:
        """What is known of every photo, scenes too; columns: see `making.tables`."""
        return read_truth(self.folder / "truth.csv")

    @cached_property
    def visible(self) -> pd.DataFrame:
        """photo_id, landmark_id, share of the pixels: a row for every landmark in sight of a photo."""
        return visible_landmarks(self.truth)

    def camera(self, photo_id: str) -> Camera | None:
        """The camera of a photo, in meters of its place; None for a graphic, which has none."""
        return camera_of(self._truth_of(photo_id))

    def drawing(self, photo_id: str) -> Drawing | None:
        """A photo drawn again, with depth and owner of every pixel; None for a graphic."""
        return self._studio.drawing(self._row(photo_id))

    def depth(self, photo_id: str) -> Float[np.ndarray, "H W"] | None:
        """Depth of every pixel along the camera's ahead axis, meters, inf for sky; None for a graphic."""
        drawing = self.drawing(photo_id)
        return None if drawing is None else drawing.depth

    def mask(self, photo_id: str, landmark_id: str) -> Bool[np.ndarray, "H W"] | None:
        """Which pixels of the upright photo show a landmark; None for a graphic.

        The photo is not drawn for it. Ask for photos of one place one after the other: building the place
        takes most of the time, and it is kept for the next photo.
        """
        return self._studio.mask(self._row(photo_id), landmark_id)

    @cached_property
    def _studio(self) -> Studio:
        return Studio(self.settings["seed"])

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {photo_id: row for row, photo_id in enumerate(self.plan["photo_id"])}

    def _row(self, photo_id: str) -> dict:
        if photo_id not in self._rows:
            raise InputError(
                f"expected the id of a photo of this world; got {photo_id!r}. world.truth has them, like "
                f"{self.plan['photo_id'].iloc[0]!r}."
            )
        return as_rows(self.plan.iloc[[self._rows[photo_id]]])[0]

    def _truth_of(self, photo_id: str) -> pd.Series:
        self._row(photo_id)
        return self.truth.iloc[self._rows[photo_id]]


def world_settings(seed: int, size: str, n_photos: int | None, depth: bool) -> dict:
    """What two worlds must have in common to be the same."""
    return {"seed": int(seed), "size": size, "n_photos": n_photos, "depth": depth, "version": VERSION}


def cache_folder(settings: Mapping) -> Path:
    """Where a world goes that was given no folder: below SIGHTLAB_CACHE, or in the user's cache."""
    from platformdirs import user_cache_path

    root = os.environ.get("SIGHTLAB_CACHE")
    name = f"world-v{settings['version']}-{settings['size']}-seed{settings['seed']}"
    name += f"-{settings['n_photos']}" * (settings["n_photos"] is not None) + "-depth" * settings["depth"]
    return (Path(root) if root else user_cache_path("sightlab")) / name


def as_rows(table: pd.DataFrame) -> list[dict]:
    """Rows of a plan as plain Python, as JSON takes them."""
    columns = [table[column].tolist() for column in table]
    return [dict(zip(table.columns, values, strict=True)) for values in zip(*columns, strict=True)]


def _draw_missing(growing: WorldFolder, table: pd.DataFrame, n_workers: int, progress: bool) -> None:
    from tqdm import tqdm

    drawn = growing.finished()
    is_missing = [
        photo_id not in drawn or not (growing.root / path).is_file()
        for photo_id, path in zip(table["photo_id"], table["path"], strict=True)
    ]
    missing = as_rows(table[is_missing])
    bar = tqdm(
        desc="drawing the world", total=len(table), initial=len(table) - len(missing), unit=" photos",
        disable=not progress, delay=2, mininterval=1,
    )  # fmt: skip
    with bar:
        for photo_id, facts in _drawn(growing, missing, n_workers):
            growing.add(photo_id, facts)
            drawn[photo_id] = facts
            bar.update()
    growing.complete(table, drawn)


def _drawn(growing: WorldFolder, rows: Sequence[Mapping], n_workers: int) -> Iterator[tuple[str, dict]]:
    seed, depth = growing.settings["seed"], growing.settings["depth"]
    if n_workers > 1 and len(rows) > 1:
        yield from draw_with_workers(growing.root, seed, rows, n_workers, depth)
        return
    from sightlab.data.drawn.making.workers import batches
    from sightlab.workspace_files import explain_full_disk

    studio = Studio(seed)
    for batch in batches(rows):
        for row in batch:
            with explain_full_disk(growing.root / row["path"]):
                yield row["photo_id"], draw_into(growing.root, studio, row, depth)
