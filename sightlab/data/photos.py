"""Photos: the one door to decoding, coordinates, and the ledger of bad files.

`open_photo`, `open_located`, `read_gps`, `read_taken` and `read_color_profile` read one file; `find_photos`
lists files, `survey_photos` looks at all of them once, and `photo_problems` keeps what is wrong with some.
"""

from sightlab.data.decoding import (
    MAX_PIXELS,
    UnreadablePhoto,
    open_located,
    open_photo,
    photo_facts,
    read_color_profile,
    read_gps,
    read_taken,
)
from sightlab.data.survey import find_photos, photo_problems, survey_photos

__all__ = [
    "MAX_PIXELS",
    "UnreadablePhoto",
    "find_photos",
    "open_located",
    "open_photo",
    "photo_facts",
    "photo_problems",
    "read_color_profile",
    "read_gps",
    "read_taken",
    "survey_photos",
]
