"""The commands `sightlab import` and `sightlab fetch`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightlab.data.sources import Source

IMPORT = """\
Makes a folder of photos that `sightlab check` and `sightlab run` accept:
  gldv2        Google Landmarks v2, as much of it as there is in DIR
  folders      a folder for each landmark, and one called non_landmark
  csv          a CSV that lists photos (path) and their landmark; DIR is the CSV
  camera-roll  photos with GPS; --landmarks says which landmarks there may be
  places365    photos of no landmark; DIR is the root that torchvision fetched into
Photos are linked, not copied, where the disk allows it. What could not be used is
listed in left_out.csv, author and license of every photo in attribution.csv.
"""
FETCH = """\
Downloads parts of Google Landmarks v2 (500 train archives of about 1 GB, 20 of test), checks
their MD5 sums and unpacks them. A download that broke off goes on when the command is given again.
"""
KINDS = ("gldv2", "folders", "csv", "camera-roll", "places365")


def add_sources(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Adds both commands; `command(name, work, summary, description)` makes their parsers."""
    sub = command("import", _import, "photos of others become a folder of photos", IMPORT)
    sub.add_argument("kind", choices=KINDS, help="layout of the photos")
    sub.add_argument("source", metavar="DIR", type=Path, help="where they are")
    sub.add_argument("--out", metavar="DIR", type=Path, help="a new folder (default: tables go into DIR)")
    sub.add_argument("--check", action="store_true", help="decode every photo, to leave corrupt ones out now")
    sub.add_argument("--n-landmarks", metavar="N", type=int, help="gldv2: the N with most photos")
    sub.add_argument("--min-photos", metavar="N", type=int, default=1, help="gldv2: landmarks with N or more")
    sub.add_argument("--n-photos", metavar="N", type=int, help="gldv2: of a landmark; places365: in all")
    sub.add_argument("--country", metavar="NAME", action="append", default=[], help="gldv2: see --places")
    sub.add_argument("--places", metavar="CSV", type=Path, help="gldv2: landmark_id, country, lat, lon, ...")
    sub.add_argument("--clean", action="store_true", help="gldv2: only the photos of train_clean.csv")
    sub.add_argument("--landmarks", metavar="CSV", type=Path, help="camera-roll: a table like landmarks.csv")
    sub.add_argument(
        "--near", metavar="M", type=float, default=300.0, help="camera-roll: meters, default 300"
    )

    sub = command("fetch", _fetch, "download parts of a public dataset", FETCH)
    sub.add_argument("dataset", choices=("gldv2",), help="which dataset")
    sub.add_argument("--to", metavar="DIR", type=Path, required=True, help="where it goes")
    sub.add_argument("--part", metavar="NNN", type=int, action="append", default=[], help="archive, like 000")
    sub.add_argument("--split", choices=("train", "test"), default="train", help="archives of which photos")
    sub.add_argument("--no-tables", action="store_true", help="leave the tables (700 MB) away")


def _import(args: argparse.Namespace) -> int:
    from sightlab.data.sources import write_source

    source = _read(args)
    print(source, file=sys.stderr)
    out = args.out or source.root
    manifest = write_source(source, out)
    for warning in manifest.warnings:
        print(f"warning: {warning}")
    print(manifest)
    print(f"Next: sightlab check {out}", file=sys.stderr)
    return 0


def _read(args: argparse.Namespace) -> Source:
    from sightlab.checks import InputError
    from sightlab.data import sources_folders
    from sightlab.data.sources import Subset, read_source_csv
    from sightlab.data.sources_gldv2 import gldv2
    from sightlab.data.validation import LANDMARK_COLUMNS

    if args.kind == "gldv2":
        subset = Subset(args.n_landmarks, args.min_photos, tuple(args.country), args.n_photos)
        return gldv2(args.source, subset, args.places, args.clean, args.check)
    if args.kind == "folders":
        return sources_folders.landmark_folders(args.source, check=args.check)
    if args.kind == "csv":
        return sources_folders.csv_folder(args.source, check=args.check)
    if args.kind == "places365":
        return sources_folders.places365(args.source, args.n_photos or 5_000)
    if args.landmarks is None:
        raise InputError(
            "a camera roll needs --landmarks: a CSV with landmark_id, name, region, lat, lon, ..."
        )
    landmarks = read_source_csv(args.landmarks, LANDMARK_COLUMNS)
    return sources_folders.camera_roll(args.source, landmarks, args.near, max(3_000.0, 10 * args.near))


def _fetch(args: argparse.Namespace) -> int:
    from sightlab.data.fetching import fetch_gldv2

    n_photos = fetch_gldv2(args.to, args.part, args.split, tables=not args.no_tables)
    print(f"{n_photos:,} photos unpacked. Next: sightlab import gldv2 {args.to}", file=sys.stderr)
    return 0
