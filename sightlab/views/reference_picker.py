"""The reference picker: click the three to five photos that surely show a landmark, and go to the next one.

    picker = reference_picker(table, manifest, references_file, who="ann")
    picker                    # one landmark at a time; every click is saved at once
    picker.picked             # landmark_id -> photo_ids, as in the file
    picker.close()            # before the cell runs again

Candidates are spread over the landmark's embeddings, so that rare angles are offered, too. The file is
references.csv itself, with who picked and when; opened again, the picker goes on at the first landmark that
has too few. Tab and space work as in any form; nothing else listens to keys.

Source: three to five references Boiarov & Tyantov 2019 (article); the spread and the rest: ours.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets
import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from sightlab.checks import InputError, check_count
from sightlab.data.photos import open_photo
from sightlab.views.explorer_shell import ROOT_CLASS, WIDTH
from sightlab.workspace_files import atomic_write_text

if TYPE_CHECKING:
    from sightlab.data.manifest import Manifest
    from sightlab.nets.embedding import EmbeddingTable

FEWEST, MOST = 3, 5
COLUMNS = ("landmark_id", "photo_id", "picked_by", "picked_at")
SIDE = 150  # of a thumbnail, pixels


def spread_photos(vectors: Float[np.ndarray, "N D"], n: int) -> Int[np.ndarray, " n"]:
    """Rows of n photos spread over the embedding: the most typical one, then always the furthest from those.

    Args:
        vectors: (N, D) unit rows of one landmark, N >= 1.
        n: photos wanted, >= 1; at most N are given.
    Returns:
        Rows in that order, each once.
    """
    check_count(n, "n")
    if len(vectors) == 0:
        raise InputError("spread_photos needs a photo; got none. Leave landmarks without photos out.")
    products = vectors.astype(np.float64) @ vectors.T
    chosen = [int(products.sum(axis=1).argmax())]  # nearest to the mean of all
    nearest = products[chosen[0]].copy()  # to any chosen one; higher = closer
    while len(chosen) < min(n, len(vectors)):
        nearest[chosen] = np.inf
        chosen.append(int(nearest.argmin()))
        nearest = np.maximum(nearest, products[chosen[-1]])
    return np.array(chosen)


class ReferenceFile:
    """references.csv, changed one row at a time and whole at any moment.

    Args:
        path: the file; made when the first reference is picked. Other columns than ours are kept.
        who: name beside every row that is added.
        known: references to start from where there is no file yet.
        now: the time beside a row.
    """

    def __init__(
        self,
        path: Path,
        who: str,
        known: pd.DataFrame | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ):
        if not who.strip():
            raise InputError("who is empty: say who picks, so that others know whom to ask.")
        self._path, self._who, self._now = Path(path), who.strip(), now
        self.table = pd.DataFrame(known, columns=list(COLUMNS), dtype=object).fillna("")
        if self._path.is_file():
            self.table = pd.read_csv(self._path, dtype=str, keep_default_na=False)
            missing = [name for name in COLUMNS[:2] if name not in self.table]
            if missing:
                raise InputError(f"{self._path} has no column {', '.join(missing)}. Is it a references.csv?")
            for name in COLUMNS[2:]:
                if name not in self.table:
                    self.table[name] = ""

    def of(self, landmark_id: str) -> list[str]:
        """References of a landmark, in the order picked."""
        return self.table.loc[self.table["landmark_id"] == landmark_id, "photo_id"].tolist()

    def set(self, landmark_id: str, photo_id: str, is_reference: bool) -> None:
        """Adds or takes away one reference, and saves."""
        same = (self.table["landmark_id"] == landmark_id) & (self.table["photo_id"] == photo_id)
        if is_reference == bool(same.any()):
            return
        if is_reference:
            when = self._now().isoformat(timespec="seconds")
            row = dict(zip(COLUMNS, (landmark_id, photo_id, self._who, when), strict=True))
            self.table = pd.concat([self.table, pd.DataFrame([row])], ignore_index=True).fillna("")
        else:
            self.table = self.table[~same].reset_index(drop=True)
        atomic_write_text(self._path, self.table.to_csv(index=False, lineterminator="\n"))


def reference_picker(
    table: EmbeddingTable, manifest: Manifest, path: Path, who: str, n_candidates: int = 12
) -> ReferencePicker:
    """A form for picking references, one landmark at a time.

    Args:
        table: embeddings of the train photos.
        manifest: their landmarks; only train photos may become references.
        path: references.csv, read and written; where there is none, it starts with those of the manifest.
        who: who picks.
        n_candidates: photos offered for each landmark, besides those picked before.
    Returns:
        The widget; `.close()` takes it away.
    Raises:
        InputError: no train photo of a landmark has an embedding.
    """
    photos = manifest.split("train").photos
    photos = photos[photos["landmark_id"].isin(manifest.landmarks["landmark_id"])]
    photos = photos[[p in table for p in photos["photo_id"]]]
    if photos.empty:
        raise InputError("reference_picker needs train photos of landmarks with embeddings; there is none.")
    return ReferencePicker(
        table, manifest, photos, ReferenceFile(path, who, manifest.references), n_candidates
    )


class ReferencePicker(ipywidgets.VBox):
    """What `reference_picker` returns."""

    def __init__(self, table, manifest, photos: pd.DataFrame, file: ReferenceFile, n_candidates: int):
        self._table, self._root, self._file, self._n = table, manifest.root, file, n_candidates
        self._photos = {name: own.set_index("photo_id") for name, own in photos.groupby("landmark_id")}
        self._parts: list[ipywidgets.Widget] = []
        names = photos.drop_duplicates("landmark_id").set_index("landmark_id")["landmark_name"]
        options = [(f"{names[i] or i} ({len(own):,} photos)", i) for i, own in self._photos.items()]
        todo = [i for i in self._photos if len(file.of(i)) < FEWEST]
        self.landmark = ipywidgets.Dropdown(
            options=options,
            value=todo[0] if todo else options[0][1],
            description="landmark",
            layout=ipywidgets.Layout(width=WIDTH),
        )
        self.next = ipywidgets.Button(description="next that needs some", icon="forward")
        self.status = ipywidgets.HTML()
        self.sheet = ipywidgets.Box(layout=ipywidgets.Layout(flex_flow="row wrap", width=WIDTH))
        super().__init__([self.landmark, self.next, self.status, self.sheet])
        self.add_class(ROOT_CLASS)
        self.landmark.observe(self._open, names="value")
        self.next.on_click(self._advance)
        self._open()

    @property
    def picked(self) -> dict[str, list[str]]:
        """Landmark -> its references, of all landmarks offered."""
        return {name: self._file.of(name) for name in self._photos}

    @property
    def buttons(self) -> dict[str, ipywidgets.ToggleButton]:
        """photo_id -> button, of the landmark that is open."""
        return {card.photo_id: card.button for card in self.sheet.children}

    def _open(self, change: object = None) -> None:
        """Shows the candidates of the chosen landmark: those picked before come first."""
        name = self.landmark.value
        own = self._photos[name]
        ids = own.index.tolist()
        spread = [ids[row] for row in spread_photos(self._table.rows(ids), self._n)]
        picked = [p for p in self._file.of(name) if p in own.index]
        shown = list(dict.fromkeys([*picked, *spread]))
        self._drop_cards()
        cards = [_Card(p, self._root / own.at[p, "path"], p in picked, self._set) for p in shown]
        self.sheet.children = cards
        self._tell()

    def _set(self, photo_id: str, is_reference: bool) -> None:
        self._file.set(self.landmark.value, photo_id, is_reference)
        self._tell()

    def _tell(self) -> None:
        n = len(self._file.of(self.landmark.value))
        done = sum(len(self._file.of(name)) >= FEWEST for name in self._photos)
        advice = f"pick {FEWEST - n} more" if n < FEWEST else "enough" if n <= MOST else f"more than {MOST}"
        self.status.value = (
            f"<b>{n}</b> references, {advice}; saved. {done} of {len(self._photos)} landmarks have enough."
        )

    def _advance(self, button: object = None) -> None:
        order = list(self._photos)
        here = order.index(self.landmark.value)
        for name in [*order[here + 1 :], *order[: here + 1]]:
            if len(self._file.of(name)) < FEWEST:
                self.landmark.value = name
                return
        self.status.value = f"All {len(order)} landmarks have {FEWEST} references or more."

    def _drop_cards(self) -> None:
        cards, self.sheet.children = self.sheet.children, ()
        for card in cards:
            card.close()

    def close(self) -> None:
        """Takes the widget away, its parts and observers too; a second time does nothing."""
        if self.comm is not None:
            self.landmark.unobserve(self._open, names="value")
            self.next.on_click(self._advance, remove=True)
            self._drop_cards()
            _close_all((*self.children, self))
        super().close()


class _Card(ipywidgets.VBox):
    """One photo with its button."""

    def __init__(self, photo_id: str, path: Path, is_reference: bool, tell: Callable[[str, bool], None]):
        self.photo_id, self._tell = photo_id, tell
        self.picture = ipywidgets.Image(value=_thumbnail(path), format="jpeg", width=SIDE)
        self.button = ipywidgets.ToggleButton(
            value=is_reference,
            description=photo_id,
            tooltip=f"{photo_id}: surely shows the landmark",
            icon="check" if is_reference else "",
            layout=ipywidgets.Layout(width=f"{SIDE}px"),
        )
        super().__init__([self.picture, self.button])
        self.button.observe(self._clicked, names="value")

    def _clicked(self, change) -> None:
        self.button.icon = "check" if change["new"] else ""
        self._tell(self.photo_id, bool(change["new"]))

    def close(self) -> None:
        if self.comm is not None:
            self.button.unobserve(self._clicked, names="value")
            _close_all((self.picture, self.button, self))
        super().close()


def _close_all(widgets) -> None:
    for widget in widgets:
        for own in (widget.layout, getattr(widget, "style", None)):  # widgets themselves
            if own is not None:
                own.close()
        ipywidgets.Widget.close(widget)


def _thumbnail(path: Path) -> bytes:
    """The photo as a small JPEG with the right side up."""
    from PIL import Image

    photo = Image.fromarray(open_photo(path, min_side=SIDE))
    photo.thumbnail((SIDE, SIDE))
    buffer = BytesIO()
    photo.save(buffer, format="JPEG", quality=80)
    return buffer.getvalue()
