"""The commands `albums`, `corrections` and `bundle`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from sightlab.cli_folders import existing_workspace, photo_folder, photos_of_run, profile_of_run
from sightlab.notebook_progress import print_progress

ALBUMS = """\
A person's photos as albums, by city and landmark: DIR/index.html opens in any browser, on a phone
too, without a server or a network. Photos without a known landmark are left out. Each photo says why
it is where it is, and can be corrected; the page exports what was corrected as a file for
`sightlab corrections`. Copies carry no EXIF data, so they do not tell where they were taken.
"""
CORRECTIONS = """\
Gathers the files that pages of albums export in WORKSPACE/corrections.jsonl; a file may be given twice.
With --photos also writes what they mean for a folder of photos as proposals for its cleaning. A person
decides: nothing is dropped or added by itself.
"""
BUNDLE = """\
A page for reviewing what the network looked at: photos beside their maps, on one color scale, with the
reason for each answer. It opens from a file, without network, server or Python; verdicts are one key
each, stay in the browser and are exported as a file for `sightlab reviews`.
"""
REVIEWS = """\
Gathers verdicts that review pages exported in a folder, one file a reviewer; a file may be given twice.
"""


def add_pages(command: Callable[..., argparse.ArgumentParser], profiles: tuple[str, ...]) -> None:
    """Adds the commands; `command(name, work, summary, description)` makes their parsers."""
    sub = command("albums", _albums, "a person's photos by city and landmark, as pages", ALBUMS)
    sub.add_argument("paths", metavar="PATH", type=Path, nargs="+", help="a photo or a folder of photos")
    sub.add_argument("--workspace", metavar="DIR", type=Path, required=True, help="of a finished run")
    sub.add_argument("--out", metavar="DIR", type=Path, required=True, help="a new folder for the pages")
    sub.add_argument("--title", default="Albums", help="above the albums")
    sub.add_argument(
        "--link", dest="photos", choices=("copy", "original", "reference"), default="copy",
        help="copy = without EXIF (default), original = files as they are, GPS too, reference = copy nothing",
    )  # fmt: skip
    sub.add_argument(
        "--gps",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="use the coordinates stored in the photos (default), or look at the picture only",
    )
    sub = command("corrections", _corrections, "gather corrections of albums", CORRECTIONS)
    sub.add_argument("files", metavar="FILE", type=Path, nargs="+", help="what a page of albums exported")
    sub.add_argument("--workspace", metavar="DIR", type=Path, required=True, help="where they are gathered")
    sub.add_argument("--photos", metavar="DIR", type=Path, help="folder whose cleaning gets the proposals")
    sub.add_argument("--out", metavar="CSV", type=Path, help="of the proposals (default: in the workspace)")

    sub = command("bundle", _bundle, "a page for reviewing maps and answers, without network", BUNDLE)
    sub.add_argument("--workspace", metavar="DIR", type=Path, required=True, help="of a finished run")
    sub.add_argument("--photos", metavar="DIR", type=Path, help="its photos; left out with --profile tour")
    sub.add_argument("--profile", choices=profiles, help="of that run (default: as it says itself)")
    sub.add_argument("--out", metavar="OUT", type=Path, required=True, help="a new DIR, or one file.html")
    sub.add_argument("--split", choices=("tune", "test"), default="test", help="whose photos (default: test)")
    sub.add_argument("--most", metavar="N", type=int, default=400, help="photos at most (default: 400)")
    sub.add_argument("--blind", action="store_true", help="leave out what was answered and what is true")
    sub.add_argument("--gps", action="store_true", help="answers that used the coordinates of the photos")
    sub.add_argument("--title", default="Review", help="above the page")
    sub = command("reviews", _reviews, "gather verdicts of review pages", REVIEWS)
    sub.add_argument("files", metavar="FILE", type=Path, nargs="+", help="what a review page exported")
    sub.add_argument("--into", metavar="DIR", type=Path, required=True, help="folder of the reviews")


def _albums(args: argparse.Namespace) -> int:
    from sightlab.checks import InputError
    from sightlab.data.photos import find_photos
    from sightlab.views.album_page import AlbumPageConfig, check_free

    workspace, out = existing_workspace(args.workspace), args.out.resolve()
    check_free(out)
    photos = [path for path in find_photos(args.paths) if out not in path.resolve().parents]
    if not photos:
        raise InputError(f"Expected photos in {', '.join(map(str, args.paths))}, found no file there.")
    config = AlbumPageConfig(title=args.title, photos=args.photos)

    from sightlab.pipeline_pages import make_albums

    print_progress(f"Files to look at: {len(photos):,}")
    albums = make_albums(photos, workspace, out, config, use_gps=args.gps)
    print_progress(f"{albums}. Open {out / 'index.html'}")
    return 0


def _corrections(args: argparse.Namespace) -> int:
    from sightlab.data.corrections import GATHERED, merge_corrections, read_corrections

    photos = None if args.photos is None else photo_folder(args.photos)
    workspace = existing_workspace(args.workspace)
    gathered = workspace.root / GATHERED
    n_new = merge_corrections(gathered, args.files)
    corrections = read_corrections(gathered)
    print_progress(f"{n_new:,} new lines; {len(corrections):,} corrections stand in {gathered}")
    if photos is None:
        return 0

    from sightlab.data.manifest import Manifest
    from sightlab.learning.proposals import proposals
    from sightlab.workspace import atomic_write_text

    proposed = proposals(corrections, Manifest.read(photos))
    out = args.out or workspace.root / "proposals.csv"
    atomic_write_text(out, proposed.to_csv(index=False))
    counts = proposed["proposal"].value_counts()
    print_progress(f"Proposals: {counts.get('drop', 0):,} to drop, {counts.get('add', 0):,} to add: {out}")
    return 0


def _bundle(args: argparse.Namespace) -> int:
    from sightlab.checks import check_count

    check_count(args.most, "--most")
    workspace = existing_workspace(args.workspace)
    args.profile = args.profile or profile_of_run(workspace.root)
    photos = photos_of_run(args)

    from sightlab.pipeline import Workbench
    from sightlab.pipeline_pages import RULE, make_bundle
    from sightlab.profiles import get_profile
    from sightlab.views.bundle import BundleConfig
    from sightlab.workspace_stored import StoredWorkspace

    untaught = StoredWorkspace(workspace.root, steps=("initial_network", "stage"))  # a page trains nothing
    bench = Workbench(photos, untaught, get_profile(args.profile))
    config = BundleConfig(args.title, args.blind, RULE)
    cards = make_bundle(bench, args.out, config, args.split, args.most, args.gps)
    size = sum(path.stat().st_size for path in _files(args.out)) / 1e6
    print_progress(f"{len(cards):,} photos, {size:.1f} MB: {args.out}")
    return 0


def _files(out: Path) -> list[Path]:
    return [out] if out.is_file() else [path for path in out.rglob("*") if path.is_file()]


def _reviews(args: argparse.Namespace) -> int:
    from sightlab.views.review import read_reviews, take_in

    n_new = sum(take_in(args.into, path) for path in args.files)
    standing = read_reviews(args.into)
    print_progress(
        f"{n_new:,} new lines; {len(standing):,} verdicts of {standing['reviewer'].nunique()} reviewers "
        f"stand in {args.into}"
    )
    return 0
