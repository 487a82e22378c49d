"""Maps of the evidence for explorers: one forward pass a photo for all targets, one fixed scale a target.

Source: ours, on `cam_targets.py`.
"""

from __future__ import annotations

from collections import OrderedDict
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
    from sightlab.views.cam_targets import Maps, Seen

TARGETS = {  # in the order in which a key cycles through them
    "difference": "why the one rather than the other",
    "predicted": "for the predicted landmark",
    "true": "for the true landmark",
    "runner_up": "for the runner-up",
    "centroid": "for similarity to the nearest centroid",
    "reference": "for similarity to the nearest reference",
}
SIMILARITIES = ("centroid", "reference")  # their maps are parts of a cosine, those of the others of a logit
FOR_SCALE = 12  # photos that fix the scale of a target
REMEMBERED = 64  # photos that went through the network, 0.25 MB each for lite0 at 224
PIXELS = 224  # of a map's picture


class Wanted(NamedTuple):
    """Which evidence a target asks for: that for one class, less that for another unless it is ""."""

    answered: str
    instead: str


def wanted(target: str, record: Mapping) -> Wanted:
    """The classes of a target for one photo.

    Args:
        target: a key of TARGETS that is about classes, none of SIMILARITIES.
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
        vector: of SIMILARITIES and a record -> (D,) unit vector of the centroid or reference it is near;
            InputError where there is none.
    """

    def __init__(
        self,
        load: Callable[[], LandmarkNet],
        shelf: PhotoShelf,
        sample: Sequence[Mapping],
        vector: Callable[[str, Mapping], np.ndarray],
    ):
        self._load, self._shelf, self._sample, self._vector = load, shelf, sample, vector
        self._network: LandmarkNet | None = None
        self._engine = None
        self._seen: OrderedDict[str, Seen] = OrderedDict()
        self._limits: dict[str, float] = {}

    def png(self, target: str, record: Mapping) -> tuple[bytes, float, float]:
        """The map as a PNG to be laid over its photo, the value of the full color (+ and -), and the score.

        Both numbers are logits, of SIMILARITIES cosines; the score is the map's mean + bias.

        Raises:
            InputError: no such target for this photo, or a class that the network was not taught.
            UnreadablePhoto: the file is gone or broken.
        """
        maps = self.of(target, record)
        limit = self._limit(target)
        return as_png(maps.values[0], limit), limit, float(maps.scores[0])

    def of(self, target: str, record: Mapping) -> Maps:
        """The map of one photo (B = 1) behind the picture; raises as `png`."""
        if target in SIMILARITIES:
            vector = self._vector(target, record)
            return self._through(record).of_similarity(vector[None])
        answered, instead = wanted(target, record)
        for name in {answered, instead} - {"", *self._ready().class_ids}:
            raise InputError(f"The network was never taught {name}: there is no evidence to show for it.")
        seen = self._through(record)
        return (
            seen.of_difference([answered], [instead]) if target == "difference" else seen.of_class([answered])
        )

    def _limit(self, target: str) -> float:
        """One scale a target, so that cards can be compared: what a typical photo of the sample reaches.

        Not the largest value of all: one loud photo would leave the others white. Beyond it color is full.
        """
        if target not in self._limits:
            peaks = self._peaks(target)
            self._limits[target] = float(np.median(peaks)) if peaks and np.median(peaks) > 0 else 1.0
        return self._limits[target]

    def _peaks(self, target: str) -> list[float]:
        """The largest value of each map of the sample; a photo without such a map is passed over."""
        peaks: list[float] = []
        for record in self._sample:
            if len(peaks) == FOR_SCALE:
                break
            try:
                peaks.append(float(np.abs(self.of(target, record).values).max()))
            except (InputError, UnreadablePhoto):
                continue
        return peaks

    def _through(self, record: Mapping) -> Seen:
        """The photo after its one forward pass, remembered for the next target."""
        from sightlab.nets.backbones import square_photo
        from sightlab.views.cam_targets import Seen

        photo_id = str(record["photo_id"])
        if photo_id not in self._seen:
            network = self._ready()
            photo = square_photo(self._shelf.pixels(photo_id), network.config.input_size)
            self._seen[photo_id] = Seen.of(network, photo[None], self._engine)
            while len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        self._seen.move_to_end(photo_id)
        return self._seen[photo_id]

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


__all__ = ["SIMILARITIES", "TARGETS", "EvidenceMaps", "as_png", "wanted", "words"]
