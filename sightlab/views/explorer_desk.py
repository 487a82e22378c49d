"""The desk behind the failure explorer: answers what its page asks, without knowing of browsers.

    reply, pictures = desk.answer({"ask": "card", "row": 17, "target": "difference"})

A question is a dict with "ask"; the reply holds text and numbers for JSON, and names its pictures by their
place in the list of bytes. What goes wrong becomes {"error": words}, never an exception.

Source: ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from sightlab.checks import InputError
from sightlab.data.photos import UnreadablePhoto
from sightlab.evaluation.metrics import OUTCOMES
from sightlab.views.explorer import CurvePicture, Scores
from sightlab.views.explorer_card import LARGE, THUMBNAIL, CardMaker, Evidence, square_position
from sightlab.views.explorer_maps import SIMILARITIES, TARGETS, EvidenceMaps
from sightlab.views.explorer_maps import words as target_words
from sightlab.views.explorer_photos import PhotoShelf
from sightlab.views.explorer_square import square_map
from sightlab.views.failures import ORDERS, PAGE, FailureList
from sightlab.views.figures_base import COLORS, words
from sightlab.views.figures_marks import percent
from sightlab.views.review import ReviewLog
from sightlab.views.review_lines import VERDICTS

QUESTIONS = ("open", "list", "card", "square", "matches", "press", "undo", "mark", "threshold", "plane")
Reply = tuple[dict, list[bytes]]


@dataclass(frozen=True, eq=False)
class ThresholdPanel:
    """What the slider of an explorer moves: stored scores of all test photos, and the curve."""

    scores: Scores
    draw: Callable[[], CurvePicture]  # when the panel is opened: an explorer should not wait for it
    ends: tuple[float, float]
    start: float

    @cached_property
    def curve(self) -> CurvePicture:
        return self.draw()


@dataclass(eq=False)
class Desk:
    """One explorer's memory: which photos, which are shown, which are marked, and where verdicts go."""

    photos: FailureList
    evidence: Evidence
    log: ReviewLog | None = None  # None: nothing can be written, `notice` says why
    threshold: ThresholdPanel | None = None
    plane: pd.DataFrame | None = None  # photo_id, x, y of all photos that the map shows
    title: str = "failures"
    notice: str = ""
    is_blind: bool = False
    marked: dict[int, None] = field(default_factory=dict)  # rows, in the order of marking

    def __post_init__(self):
        manifest = self.evidence.manifest
        paths = dict(zip(manifest.photos["photo_id"], manifest.paths(), strict=True))
        self._shelf = PhotoShelf(paths)
        self._cards = CardMaker(self.evidence, self._shelf)
        sample = [self.record(row) for row in self.photos.rows[:PAGE]]
        self._maps = EvidenceMaps(self.evidence.load_network, self._shelf, sample, self._vector)

    def record(self, row: int) -> dict:
        """One row of the table as a dict; None for whatever kind of missing value it holds."""
        values = self.photos.table.iloc[int(row)].to_dict()
        return {name: None if pd.api.types.is_scalar(v) and pd.isna(v) else v for name, v in values.items()}

    def answer(self, question: Mapping) -> Reply:
        """The reply to one question, with "error" in place of whatever went wrong."""
        ask = question.get("ask")
        if ask not in QUESTIONS:
            return {"error": f"The explorer does not know how to answer {str(ask)[:40]!r}."}, []
        try:
            return getattr(self, f"_{ask}")(question)
        except (InputError, UnreadablePhoto) as error:
            return {"error": str(error)}, []
        except Exception as error:  # a reviewer must meet words, whatever broke
            return {"error": f"This could not be shown ({type(error).__name__}: {error})."}, []

    # ------------------------------------------------------------------ questions

    def _open(self, question: Mapping) -> Reply:
        slices = {} if self.is_blind else self.photos.slices
        return {
            "title": self.title,
            "n": len(self.photos.table),
            "slices": slices,
            "orders": ORDERS,
            "targets": TARGETS,
            "verdicts": VERDICTS,
            "colors": {name: COLORS[name] for name in OUTCOMES},
            "reviewer": self.log.reviewer if self.log else "",
            "notice": self.notice,
            "is_blind": self.is_blind,
            "has_plane": self.plane is not None and not self.is_blind,
            "has_matches": self.evidence.local_matches is not None,
            "threshold": self._ends() if self.threshold and not self.is_blind else None,
            "page_size": PAGE,
        }, []

    def _ends(self) -> list[float]:
        return [*self.threshold.ends, self.threshold.start]

    def _list(self, question: Mapping) -> Reply:
        """One page of the grid: its tiles, and a thumbnail for each that can be read."""
        photos = FailureList(self.photos.table, question.get("order", "severity"), xy=self.photos.xy)
        self.photos = photos.choose(**question.get("chosen", {})).inside(question.get("polygon"))
        rows = self.photos.rows
        verdicts, pictures, tiles = self._verdicts(), [], []
        page = self.photos.page(int(question.get("page", 0)))
        for row in page.tolist():
            tile = self._tile(row, verdicts)
            picture, tile["problem"] = self._shelf.jpeg(
                str(self.photos.table["photo_id"].iloc[row]), THUMBNAIL
            )
            tile["picture"] = _put(pictures, picture)
            tiles.append(tile)
        place = int(np.flatnonzero(rows == page[0])[0]) // PAGE if len(page) else 0
        return {"tiles": tiles, "n": len(rows), "page": place, "rows": rows.tolist()}, pictures

    def _tile(self, row: int, verdicts: Mapping[str, dict]) -> dict:
        record = self.record(row)
        said = verdicts.get(record["photo_id"], {}).get("verdict", "")
        tile = {"row": row, "verdict": said, "marked": row in self.marked, "caption": f"photo {row + 1}"}
        if self.is_blind:
            return tile | {"outcome": "", "below": ""}
        outcome = str(record.get("outcome") or "")
        guess, truth = (self._cards.name(record.get(c)) for c in ("best_landmark_id", "landmark_id"))
        below = ": ".join(filter(None, (words(outcome), truth)))
        return tile | {"outcome": outcome, "caption": guess or "no answer known", "below": below}

    def _card(self, question: Mapping) -> Reply:
        row, target = int(question["row"]), question.get("target", "difference")
        record, pictures = self.record(row), []
        picture, problem = self._shelf.jpeg(str(record["photo_id"]), LARGE)
        card = {"row": row, "problem": problem, "picture": _put(pictures, picture), "target": target}
        card["photo_id"] = f"photo {row + 1}" if self.is_blind else str(record["photo_id"])
        card["said"] = self._verdicts(target).get(record["photo_id"])
        card["target_words"] = TARGETS[target] if self.is_blind else self._target_words(target, record)
        card |= self._map(target, record, pictures)
        if card["map_problem"] == card["target_words"]:
            card["map_problem"] = ""  # once is enough
        if self.is_blind:
            return card | {"facts": [], "trace": [], "reason": "", "outcome": "", "strips": []}, pictures
        strips = [self._cards.centroid(record)]
        if question.get("references"):
            strips += self._cards.references(record)
        return card | {
            "outcome": str(record.get("outcome") or ""),
            "outcome_words": words(record.get("outcome") or ""),
            "facts": self._cards.facts(record),
            "reason": str(record.get("reason") or ""),
            "trace": self._cards.trace(record),
            "strips": [self._strip(strip, pictures) for strip in strips],
        }, pictures

    def _map(self, target: str, record: Mapping, pictures: list[bytes]) -> dict:
        """The map, or why there is none: a card without it is still a card."""
        try:
            picture, limit, score = self._maps.png(target, record)
        except UnreadablePhoto as error:
            return {"map": -1, "map_problem": error.reason}
        except (InputError, KeyError, RuntimeError) as error:
            problem = "There is no such map of this photo." if self.is_blind else str(error)  # it has names
            return {"map": -1, "map_problem": problem}
        unit = "cosine" if target in SIMILARITIES else "logits"
        found = {"map": _put(pictures, picture), "limit": limit, "unit": unit, "map_problem": ""}
        return found if self.is_blind else found | {"score": f"It adds up to {score:.2f} {unit}."}

    def _target_words(self, target: str, record: Mapping) -> str:
        if target not in SIMILARITIES:
            return target_words(target, record, self._cards.names)
        try:
            return f"What makes it similar to {self._cards.likeness(target, record)[1]}?"
        except InputError as error:
            return str(error)

    def _vector(self, target: str, record: Mapping) -> np.ndarray:
        return self._cards.likeness(target, record)[0]

    def _strip(self, strip: Mapping, pictures: list[bytes]) -> dict:
        photos = []
        for photo_id, caption in strip["photos"]:
            picture, problem = self._shelf.jpeg(photo_id, THUMBNAIL)
            photos.append({"caption": caption, "problem": problem, "picture": _put(pictures, picture)})
        return {"words": strip["words"], "photos": photos}

    def _square(self, question: Mapping) -> Reply:
        if self.is_blind:
            raise InputError("Hidden in blind mode.")
        record, evidence = self.record(question["row"]), self.evidence
        lat, lon = square_position(evidence.manifest, str(record["photo_id"]))
        marks = {"true": record.get("landmark_id"), "predicted": record.get("best_landmark_id")}
        landmarks = evidence.manifest.landmarks
        figure = square_map(lat, lon, landmarks, evidence.square_km, **{k: str(v) for k, v in marks.items()})
        return {"picture": 0}, [figure._repr_png_()]

    def _matches(self, question: Mapping) -> Reply:
        record = self.record(question["row"])
        if self.evidence.local_matches is None or self.is_blind:
            raise InputError("Local matches were not given to this explorer (local_matches=...).")
        reference = self._cards.nearest_reference(record)
        if not reference:
            raise InputError("The best guess has no references to be matched with.")
        return {"picture": 0}, [self.evidence.local_matches(str(record["photo_id"]), reference)]

    def _press(self, question: Mapping) -> Reply:
        record = self.record(question["row"])
        said = (question["verdict"], question.get("target", "difference"), str(question.get("note", "")))
        return {"said": self._writing().press(str(record["photo_id"]), *said)}, []

    def _undo(self, question: Mapping) -> Reply:
        taken = self._writing().undo()
        if taken is None:
            raise InputError("There is nothing to undo.")
        ids = self.photos.table["photo_id"]
        found = np.flatnonzero((ids == taken["photo_id"]).to_numpy(bool))
        said = self._verdicts().get(taken["photo_id"], {}).get("verdict", "")
        row = int(found[0]) if len(found) else -1
        return {"row": row, "taken": taken, "verdict": said}, []

    def _mark(self, question: Mapping) -> Reply:
        row = int(question["row"])
        if row in self.marked:
            del self.marked[row]
        else:
            self.marked[row] = None
        return {"row": row, "marked": row in self.marked, "n_marked": len(self.marked)}, []

    def _threshold(self, question: Mapping) -> Reply:
        if self.threshold is None or self.is_blind:
            raise InputError("This explorer was given no stored scores (outcomes=...).")
        value = float(question["value"])
        numbers = self.threshold.scores.at(value)
        rates = (("sensitivity", "sensitivity"), ("confusion rate", "confusion_rate"), ("FPR", "fpr"))
        said = [
            f"{name} {percent(numbers[key])} ({100 * numbers[f'{key}_low']:.1f} to "
            f"{100 * numbers[f'{key}_high']:.1f})"
            for name, key in rates
        ]
        outcomes = self.photos.outcomes_at(value)
        return {
            "counts": [[name, words(name), numbers[name]] for name in OUTCOMES],
            "rates": said,
            "now": {str(row): outcomes[int(row)] for row in question.get("rows", [])},
            "picture": 0,
        }, [self.threshold.curve.png(numbers)]

    def _plane(self, question: Mapping) -> Reply:
        """Places of all photos and of the explorer's own, as float32 pairs; NaN where unknown."""
        if self.plane is None or self.is_blind:
            raise InputError("This explorer was given no plane of embeddings (plane=...).")
        every = self.plane[["x", "y"]].to_numpy(np.float32)
        outcomes = self.photos.table.get("outcome", pd.Series([""] * len(self.photos.table)))
        names = [str(name) for name in outcomes]
        return {"outcomes": names}, [every.tobytes(), self.photos.xy.astype(np.float32).tobytes()]

    # ------------------------------------------------------------------ help

    def _writing(self) -> ReviewLog:
        if self.log is None:
            raise InputError(self.notice or "Nothing can be written: this explorer has no folder of reviews.")
        return self.log

    def _verdicts(self, target: str | None = None) -> dict[str, dict]:
        return {} if self.log is None else self.log.verdicts(target)


def place_on(plane: pd.DataFrame, photo_ids: Sequence[str]) -> np.ndarray:
    """(N, 2) place of each photo on a plane with photo_id, x, y; NaN for photos that it does not hold."""
    known = plane.drop_duplicates("photo_id").set_index("photo_id")[["x", "y"]]
    return known.reindex(list(photo_ids)).to_numpy(np.float64)


def _put(pictures: list[bytes], picture: bytes) -> int:
    """Adds a picture; its place, or -1 for no bytes."""
    if not picture:
        return -1
    pictures.append(picture)
    return len(pictures) - 1
