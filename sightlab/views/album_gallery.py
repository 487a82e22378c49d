"""Albums inside a notebook: one album at a time, a page of thumbnails, and why each photo is there.

    gallery = album_gallery(albums)
    gallery                  # choose an album, turn the pages
    gallery.close()          # before the cell runs again

Thumbnails travel as JPEG bytes of the page that is shown; the same few widgets are used for every page.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

import ipywidgets

from sightlab.checks import InputError
from sightlab.data.photos import UnreadablePhoto
from sightlab.views.album_page import days
from sightlab.views.albums import Albums, Entry
from sightlab.views.explorer_shell import ROOT_CLASS
from sightlab.views.pages import jpeg, open_small, readable

PER_PAGE = 8
THUMB_SIDE = 240  # pixels


def album_gallery(albums: Albums) -> AlbumGallery:
    """A widget that shows one album at a time.

    Raises:
        InputError: there is no album.
    """
    if not albums.albums:
        raise InputError(
            f"expected at least one album; of {len(albums.left_out):,} photos none shows a known landmark. "
            "Give other photos."
        )
    return AlbumGallery(albums)


class AlbumGallery(ipywidgets.VBox):
    """What `album_gallery` returns; `.album` is the one that is shown."""

    def __init__(self, albums: Albums):
        self._albums = albums.albums
        names = [readable(f"{a.name}, {a.city} ({len(a.entries)})") for a in self._albums]
        self.choice = ipywidgets.Dropdown(options=[(name, n) for n, name in enumerate(names)], value=0)
        self.choice.description = "album"
        self.back, self.forth = (
            ipywidgets.Button(description=words, layout={"width": "8em"}) for words in ("previous", "next")
        )
        self.where = ipywidgets.HTML()
        self._pictures = [ipywidgets.Image(format="jpeg", width=THUMB_SIDE) for _ in range(PER_PAGE)]
        self._texts = [ipywidgets.HTML() for _ in range(PER_PAGE)]
        pairs = zip(self._pictures, self._texts, strict=True)
        self._tiles = [ipywidgets.VBox(pair, layout={"width": f"{THUMB_SIDE + 10}px"}) for pair in pairs]
        self._bar = ipywidgets.HBox([self.choice, self.back, self.forth, self.where])
        self._grid = ipywidgets.Box(self._tiles, layout={"flex_flow": "row wrap"})
        self._page = 0
        super().__init__([self._bar, self._grid])
        self.add_class(ROOT_CLASS)
        self.choice.observe(self._chosen, names="value")
        self.back.on_click(lambda _: self._turn(-1))
        self.forth.on_click(lambda _: self._turn(1))
        self._show()

    @property
    def album(self):
        return self._albums[self.choice.value]

    def _chosen(self, change: object) -> None:
        self._page = 0
        self._show()

    def _turn(self, by: int) -> None:
        last = (len(self.album.entries) - 1) // PER_PAGE
        self._page = min(max(self._page + by, 0), last)
        self._show()

    def _show(self) -> None:
        entries, first = self.album.entries, self._page * PER_PAGE
        shown = entries[first : first + PER_PAGE]
        self.where.value = (
            f"{first + 1} to {first + len(shown)} of {len(entries)} &middot; {days(self.album)}"
        )
        for n, tile in enumerate(self._tiles):
            tile.layout.display = None if n < len(shown) else "none"
            if n < len(shown):
                self._fill(n, shown[n])

    def _fill(self, n: int, entry: Entry) -> None:
        try:
            self._pictures[n].value = jpeg(open_small(Path(entry.photo), THUMB_SIDE), 80)
            said = entry.why
        except UnreadablePhoto as problem:
            self._pictures[n].value = b""
            said = f"The photo cannot be read: {problem.reason}."
        when = f"{entry.taken:%Y-%m-%d %H:%M}" if entry.taken else "no date"
        source = "GPS" if entry.used_gps else "seen"
        self._texts[n].value = (
            f"<b>{when}</b>, {source}<br><span style='font-size: 85%; line-height: 1.3; display: block'>"
            f"{escape(readable(said))}</span>"
        )

    def close(self) -> None:
        """Takes the widget away with all its parts; a second time does nothing."""
        if self.comm is not None:
            self.choice.unobserve(self._chosen, names="value")
            parts = [*self._pictures, *self._texts, *self._tiles, self.choice, self.back, self.forth]
            for part in (*parts, self.where, self._bar, self._grid, self):
                for own in (part.layout, getattr(part, "style", None)):  # widgets themselves
                    if own is not None:
                        own.close()
            for part in (*parts, self.where, self._bar, self._grid):
                part.close()
        super().close()
