"""Maps of evidence of a trained network for notebooks: which photos, which targets, what is known of them.

Photos come as a table with photo_id, landmark_id and path. Studies that measure: `pipeline_cam_studies`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.data.photos import open_photo
from sightlab.nets.backbones import square_photo
from sightlab.pipeline_truth import has_truth
from sightlab.views.cam_targets import Seen
from sightlab.views.figures_base import words
from sightlab.workspace import artefact_key

if TYPE_CHECKING:
    from sightlab.pipeline import Workbench

MASKS_VERSION = 1


def study_photos(bench: Workbench, every: int = 2, most: int | None = None, seed: int = 0) -> pd.DataFrame:
    """Test photos of every n-th landmark by name, all or a seeded sample of them.

    Args:
        every: 1: of all landmarks. Whole landmarks are left out, since building their places takes the time.
        most: photos wanted; None: all of these landmarks.
        seed: of the sample.
    Returns:
        Rows of the manifest, in its order.
    """
    photos = bench.manifest.split("test").photos
    photos = photos[photos["landmark_id"].isin(sorted(set(bench.network.class_ids[1:]))[::every])]
    if most is not None and most < len(photos):
        photos = photos.sample(most, random_state=seed).sort_index()
    return photos.reset_index(drop=True)


def squares(bench: Workbench, photos: pd.DataFrame, enlarge: float = 1.0) -> np.ndarray:
    """(B, S, S, 3) the photos as the network sees them; `enlarge` > 1 gives the maps a finer grid."""
    size = round(enlarge * bench.profile.curriculum.network.input_size)
    return np.stack([square_photo(open_photo(bench.manifest.root / path), size) for path in photos["path"]])


def opened(bench: Workbench, photos: pd.DataFrame) -> list[np.ndarray]:
    """The photos as they are, for a sheet."""
    return [open_photo(bench.manifest.root / path) for path in photos["path"]]


def outlines(bench: Workbench, photos: pd.DataFrame) -> list[np.ndarray] | None:
    """Masks of the photos' landmarks for a sheet; None where no truth is known."""
    if not has_truth(bench):
        return None
    return masks(bench, photos["photo_id"].tolist(), photos["landmark_id"].tolist())


def targets(bench: Workbench, photos: pd.DataFrame) -> tuple[dict, dict, list[str]]:
    """Maps of some landmark photos for every target, from one forward pass.

    Returns:
        Maps in logits: true landmark, runner-up (of the other landmarks), their difference; maps in
        similarity: nearest centroid of the landmark, its references on average; and captions. Name ->
        (B, h, w).
    """
    names = photos["landmark_id"].tolist()
    seen = Seen.of(bench.network, squares(bench, photos))
    logits, known = seen.logits(), bench.network.class_ids
    logits[:, 0] = logits[np.arange(len(names)), [known.index(name) for name in names]] = -np.inf
    others = [known[row] for row in logits.argmax(axis=1)]
    vectors = seen.unit_embeddings()
    nearest, references = [], []
    marked = bench.manifest.references
    for name, vector in zip(names, vectors, strict=True):
        own = bench.gallery.vectors[bench.gallery.landmark_ids == name]
        nearest.append(own[(own @ vector).argmax()])
        ids = marked.loc[marked["landmark_id"] == name, "photo_id"]
        references.append(bench.table.rows(ids).mean(axis=0))
    first, second = seen.of_class(names), seen.of_class(others)
    near, like = seen.of_similarity(np.stack(nearest)), seen.of_similarity(np.stack(references))
    in_logits = {"true landmark": first.values, "runner-up": second.values}
    in_logits["difference"] = first.values - second.values
    captions = [
        f"{words(name)}: logit {a:.1f}; runner-up {words(other)}: {b:.1f}; similar to centroid {c:.2f}, "
        f"references {d:.2f}"
        for name, other, a, b, c, d in zip(
            names, others, first.scores, second.scores, near.scores, like.scores, strict=True
        )
    ]
    return in_logits, {"nearest centroid": near.values, "references": like.values}, captions


def difference_maps(bench: Workbench, both: pd.DataFrame) -> dict[str, np.ndarray]:
    """Maps of the photos of `pairs`: for A, for B, and why A and not B."""
    seen = Seen.of(bench.network, squares(bench, both))
    first, second = (seen.of_class(both[c].tolist()).values for c in ("landmark_id", "other_id"))
    return {"A": first, "B": second, "why A and not B": first - second}


def in_own_spread(maps: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Each map divided by its root mean square, so that maps of different networks can share a scale."""
    spread = {name: np.sqrt((v * v).mean(axis=(1, 2), keepdims=True)) for name, v in maps.items()}
    return {name: v / np.where(spread[name] > 0, spread[name], 1) for name, v in maps.items()}


def masks(bench: Workbench, photo_ids: list[str], landmark_ids: list[str]) -> list[np.ndarray]:
    """Which pixels of each photo show the landmark, kept in the workspace; (H, W) bool of each photo."""
    from sightlab.data.world import World

    world = World.read(bench.photos)
    asked = [f"{photo_id}/{landmark}" for photo_id, landmark in zip(photo_ids, landmark_ids, strict=True)]
    key = artefact_key("masks", MASKS_VERSION, {"asked": asked, "world": world.settings}, [])

    def write(folder: Path) -> None:
        places = world.truth.set_index("photo_id")["place"]
        found = {
            name: world.mask(*name.split("/")) for name in sorted(asked, key=lambda n: _place(n, places))
        }
        np.savez_compressed(folder / "masks.npz", **found)

    folder = bench.workspace.write(
        "masks", key, write, {"version": MASKS_VERSION, "settings": world.settings}
    )
    with np.load(folder / "masks.npz", allow_pickle=False) as stored:
        return [stored[name] for name in asked]


def _place(name: str, places: pd.Series) -> tuple[str, str]:
    return places[name.split("/")[0]], name
