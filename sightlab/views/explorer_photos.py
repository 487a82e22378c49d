"""Photos as small JPEG bytes for explorers: made when a page asks for them, remembered for a while.

Source: ours.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np

from sightlab.data.photos import UnreadablePhoto, open_photo

REMEMBERED = 2000  # thumbnails, about 6 KB each


class PhotoShelf:
    """Thumbnails by photo_id; a file that is gone since the run gives a reason instead, never an error.

    Args:
        paths: photo_id -> file.
    """

    def __init__(self, paths: Mapping[str, Path]):
        self._paths = paths
        self._thumbnails: OrderedDict[tuple[str, int], bytes] = OrderedDict()

    def jpeg(self, photo_id: str, pixels: int) -> tuple[bytes, str]:
        """The photo with its long side at most `pixels`, and ""; or no bytes, and why.

        Failures are not remembered: a file that comes back is shown at the next look.
        """
        key = (photo_id, pixels)
        if key in self._thumbnails:
            self._thumbnails.move_to_end(key)
            return self._thumbnails[key], ""
        if photo_id not in self._paths:
            return b"", "not in the manifest"
        try:
            photo = open_photo(self._paths[photo_id], min_side=pixels)
        except UnreadablePhoto as error:
            return b"", error.reason
        self._thumbnails[key] = as_jpeg(photo, pixels)
        while len(self._thumbnails) > REMEMBERED:
            self._thumbnails.popitem(last=False)
        return self._thumbnails[key], ""

    def pixels(self, photo_id: str) -> np.ndarray:
        """(H, W, 3) uint8.

        Raises:
            UnreadablePhoto: the file is gone or broken, or the photo is not in the manifest.
        """
        if photo_id not in self._paths:
            raise UnreadablePhoto(photo_id, "not in the manifest")
        return open_photo(self._paths[photo_id])


def as_jpeg(photo: np.ndarray, pixels: int) -> bytes:
    """(H, W, 3) uint8 as JPEG with its long side at most `pixels`; smaller photos keep their size."""
    from PIL import Image

    small = Image.fromarray(photo)
    small.thumbnail((pixels, pixels), Image.Resampling.BILINEAR, reducing_gap=2.0)
    buffer = BytesIO()
    small.save(buffer, format="JPEG", quality=82)
    return buffer.getvalue()
