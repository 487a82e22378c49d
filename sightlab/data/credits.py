"""Credits: who took a photo and under which license, for figures and pages that show it.

They stand in the attribution.csv of a photo folder (see `sources`), or in the columns author and license of
its manifest. A photo is found by its file, since a page of albums knows no more of it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sightlab.checks import InputError
from sightlab.data.sources import ATTRIBUTION, read_attribution
from sightlab.data.tables import read_table

_COMMONS = re.compile(r"https?://creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/(\d\.\d)\S*")


@dataclass(frozen=True)
class Credit:
    """Of one photo; "" for what nobody told."""

    author: str = ""
    license: str = ""  # its short name where it is one of Creative Commons'
    title: str = ""
    url: str = ""  # where the photo was published

    def __str__(self) -> str:
        """As it is printed: Ann Author, CC BY 4.0."""
        return ", ".join(part for part in (self.author, self.license) if part)


def credits_of(paths: Iterable[Path | str]) -> dict[str, Credit]:
    """Credits of photos by their paths as given; photos whose author and license nobody told are left out."""
    folders: dict[Path, Path | None] = {}  # of a photo -> the photo folder above it
    asked: dict[Path, dict[str, str]] = {}  # photo folder -> path in it -> path as given
    names = [str(path) for path in paths]
    for given in names:
        path = Path(given).absolute()
        if path.parent not in folders:
            folders[path.parent] = next(filter(_tells, path.parents), None)
        root = folders[path.parent]
        if root is not None:
            asked.setdefault(root, {})[path.relative_to(root).as_posix()] = given
    found = {given: credit for root, own in asked.items() for given, credit in _found(root, own).items()}
    return {given: found[given] for given in names if given in found}


def short_license(license: str) -> str:
    """CC BY-SA 3.0 for the address of that license; any other text as it is."""
    match = _COMMONS.fullmatch(license.strip())
    if match is None:
        return license.strip()
    kind, name, version = match.groups()
    if kind == "publicdomain":
        return f"{'CC0' if name == 'zero' else 'Public Domain Mark'} {version}"
    return f"CC {name.upper()} {version}"


def _tells(folder: Path) -> bool:
    """Whether it is a photo folder that names authors."""
    if not any((folder / f"manifest.{ending}").is_file() for ending in ("csv", "parquet")):
        return False
    return (folder / "attribution.csv").is_file() or bool({"author", "license"} & _header(folder))


def _header(folder: Path) -> set[str]:
    """Columns of its manifest; none where it cannot be read."""
    try:
        if (folder / "manifest.csv").is_file():
            with (folder / "manifest.csv").open(encoding="utf-8-sig", errors="replace") as file:
                return {name.strip().strip('"') for name in file.readline(10_000).split(",")}
        import pyarrow.parquet as pq

        return set(pq.read_schema(folder / "manifest.parquet").names)
    except (OSError, ValueError):
        return set()


def _found(root: Path, asked: dict[str, str]) -> dict[str, Credit]:
    """Credits by the path as given, of photos of one folder by their path in it."""
    try:
        photos = read_table(root, "manifest", ("photo_id", "path"), ("author", "license"))
        photos = photos[photos["path"].isin(asked.keys())].drop_duplicates("path")
        told = read_attribution(root, photos["photo_id"].tolist())
    except InputError:
        return {}  # a table of this name that is somebody else's
    found = {}
    for photo, (_, author, license, *more) in zip(
        photos.itertuples(), told[["photo_id", *ATTRIBUTION]].itertuples(index=False), strict=True
    ):
        credit = Credit(author or photo.author, short_license(license or photo.license), *more)
        if str(credit):
            found[asked[photo.path]] = credit
    return found
