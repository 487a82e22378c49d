"""Maps of the evidence for explorers: one photo, one target, one fixed scale a target.

Source: ours, on `cam.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sightlab.checks import InputError
from sightlab.data.manifest import NON_LANDMARK
from sightlab.data.photos import UnreadablePhoto
from sightlab.views.explorer_photos import PhotoShelf

if TYPE_CHECKING:
    from sightlab.nets.network import LandmarkNet

TARGETS = {  # in the order in which a key cycles through them
    "difference": "why the one rather than the other",
    "predicted": "for the predicted landmark",
    "true": "for the true landmark",
    "runner_up": "for the runner-up",
}
FOR_SCALE = 12  # photos that fix the scale of a target
PIXELS = 224  # of a map's picture


class Wanted(NamedTuple):
    """Which evidence a target asks for: that for one class, less that for another unless it is ""."""

    answered: str
    instead: str


def wanted(target: str, record: Mapping) -> Wanted:
    """The classes of a target for one photo.

    Args:
        target: a key of TARGETS.
        record: best_landmark_id, landmark_id (the truth) and runner_up of the photo.
    Raises:
        InputError: the photo has no such class, for example no runner-up.
    """
    best, truth = (str(record.get(name) or "") for name in ("best_landmark_id", "landmark_id"))
    runner_up = str(record.get("runner_up") or "")
    found = {
        "difference": Wanted(best, truth if truth != best else runner_up),
        "predicted": Wanted(best, ""),
        "true": Wanted(truth, ""),
        "runner_up": Wanted(runner_up, ""),
    }
    if target not in found:
        raise InputError(f"target={target!r} is unknown. Choose one of: {', '.join(TARGETS)}.")
    if not found[target].answered or (target == "difference" and not found[target].instead):
        raise InputError(f"This photo has no map {TARGETS[target]}: no such landmark was looked at.")
    return found[target]


class EvidenceMaps:
    """Maps as pictures; the network is loaded when the first one is asked for.

    Args:
        load: gives the network.
        shelf: gives the photos.
        sample: records of photos that fix the scales, e.g. the worst; the first that can be read are taken.
    """

    def __init__(self, load: Callable[[], LandmarkNet], shelf: PhotoShelf, sample: Sequence[Mapping]):
        self._load, self._shelf, self._sample = load, shelf, sample
        self._network: LandmarkNet | None = None
        self._engine = None
        self._limits: dict[str, float] = {}

    def png(self, target: str, record: Mapping) -> tuple[bytes, float]:
        """The map as a PNG to be laid over its photo, and the value of the full color (+ and -), in logits.

        Raises:
            InputError: no such target for this photo, or a class that the network was not taught.
            UnreadablePhoto: the file is gone or broken.
        """
        values = self._maps(target, [record])[0]
        limit = self._limit(target)
        return as_png(values, limit), limit

    def _limit(self, target: str) -> float:
        """One scale a target, so that cards can be compared: what a typical photo of the sample reaches.

        Not the largest value of all: one loud photo would leave the others white. Beyond it color is full.
        """
        if target not in self._limits:
            peaks = np.abs(self._sampled(target)).max(axis=(1, 2))
            self._limits[target] = float(np.median(peaks)) if len(peaks) and np.median(peaks) > 0 else 1.0
        return self._limits[target]

    def _sampled(self, target: str) -> np.ndarray:
        usable = []
        for record in self._sample:
            _, problem = self._shelf.jpeg(record["photo_id"], PIXELS)
            known = set(self._ready().class_ids) | {""}
            try:
                classes = wanted(target, record)
            except InputError:
                continue
            if not problem and set(classes) <= known:
                usable.append(record)
        return self._maps(target, usable[:FOR_SCALE]) if usable else np.zeros((0, 1, 1), np.float32)

    def _maps(self, target: str, records: Sequence[Mapping]) -> np.ndarray:
        from sightlab.nets.backbones import square_photo
        from sightlab.views.cam import class_activation, difference

        network = self._ready()
        classes = [wanted(target, record) for record in records]
        for name in {name for pair in classes for name in pair if name} - set(network.class_ids):
            raise InputError(f"The network was never taught {name}: there is no evidence to show for it.")
        size = network.config.input_size
        photos = np.stack([square_photo(self._shelf.pixels(r["photo_id"]), size) for r in records])
        answered = [pair.answered for pair in classes]
        if target == "difference":
            return difference(network, photos, answered, [pair.instead for pair in classes], self._engine)
        return class_activation(network, photos, answered, self._engine)

    def _ready(self) -> LandmarkNet:
        if self._network is None:
            from sightlab.nets.engine import compile_engine
            from sightlab.views.cam import LastMap

            self._network = self._load()
            self._engine = compile_engine(LastMap(self._network), self._network.config.input_size, "torch")
        return self._network


def words(target: str, record: Mapping, names: Mapping[str, str]) -> str:
    """The target in words with the names of its landmarks; a photo that has none says so."""
    try:
        answered, instead = wanted(target, record)
    except InputError as error:
        return str(error)
    said = {NON_LANDMARK: "no landmark"} | dict(names)
    answered, instead = said.get(answered, answered), said.get(instead, instead)
    return f"Why {answered} rather than {instead}?" if instead else f"What speaks for {answered}?"


def as_png(values: np.ndarray, limit: float) -> bytes:
    """(h, w) signed values in the house's diverging colors, enlarged smoothly; 0 is white."""
    import cv2
    from matplotlib import colormaps
    from PIL import Image

    from sightlab.views.figures_cam import COLORMAP

    large = cv2.resize(
        np.ascontiguousarray(values, np.float32), (PIXELS, PIXELS), interpolation=cv2.INTER_LINEAR
    )
    colored = colormaps[COLORMAP](np.clip(large / (2 * limit) + 0.5, 0, 1))[..., :3]
    buffer = BytesIO()
    Image.fromarray(np.round(255 * colored).astype(np.uint8)).save(buffer, format="PNG", compress_level=3)
    return buffer.getvalue()


__all__ = ["TARGETS", "EvidenceMaps", "UnreadablePhoto", "as_png", "wanted", "words"]
