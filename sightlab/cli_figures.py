"""The command `sightlab figures`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sightlab.cli_folders import existing_workspace, photos_of_run, profile_of_run
from sightlab.notebook_progress import print_progress

if TYPE_CHECKING:
    from sightlab.pipeline import Workbench

FIGURES = """\
Draws the figures of a report from the stored results of a run, as PDF and PNG with the CSV
behind each, for two columns of a page (6.9 inches) and for one (3.3 inches, NAME_narrow), and
writes its numbers for LaTeX and Markdown. Nothing is trained or measured here: a figure whose
results are missing is listed and left out. They go to report/ in the workspace.
"""


def add_figures(command: Callable[..., argparse.ArgumentParser], profiles: tuple[str, ...]) -> None:
    """Adds the command; `command(name, work, summary, description)` makes its parser."""
    sub = command("figures", _figures, "the figures, tables and numbers of a report", FIGURES)
    sub.add_argument("names", metavar="NAME", nargs="*", help="only these figures (default: all)")
    sub.add_argument(
        "--workspace", metavar="DIR", type=Path, required=True, help="workspace of a finished run"
    )
    sub.add_argument("--photos", metavar="DIR", type=Path, help="photos of the run; none for profile tour")
    sub.add_argument("--profile", choices=profiles, help="settings of the run (default: as it says itself)")
    sub.add_argument("--list", action="store_true", help="draw nothing: what is current, stale or missing")


def _figures(args: argparse.Namespace) -> int:
    root = existing_workspace(args.workspace).root

    from sightlab.pipeline_report import choose, draw_report, listing
    from sightlab.pipeline_report_figures import FIGURES as KNOWN

    if args.list:
        chosen = choose(KNOWN, args.names)
        for row in listing(chosen, root).itertuples():
            wanted = f" (not measured yet: {row.missing}; {row.how})" if row.missing else ""
            print(f"{row.figure:12} {row.state:10} {row.shows}{wanted}")
        return 0
    choose(KNOWN, args.names)  # a typo is told before anything is read
    drawn = draw_report(_bench(args, root), KNOWN, args.names, tell=print_progress)
    figures = "1 figure" if len(drawn) == 1 else f"{len(drawn)} figures"
    print_progress(f"{figures}, numbers and tables: {root / 'report'}")
    return 0


def _bench(args: argparse.Namespace, root: Path) -> Workbench:
    """A workbench that only reads; its profile is the run's own if none is given."""
    args.profile = args.profile or profile_of_run(root)
    photos = photos_of_run(args)

    from sightlab.pipeline import Workbench
    from sightlab.profiles import get_profile
    from sightlab.workspace_stored import StoredWorkspace

    return Workbench(photos, StoredWorkspace(root), get_profile(args.profile))
