"""The command line: run, recognize, evaluate, embed, check, world, import, fetch, albums, bundle and more.

Exit codes: 0 done; 1 `check` found problems, or a notebook failed; 2 the input must be corrected;
130 interrupted with Ctrl-C.
"""

import argparse
import errno
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sightlab import __version__, cli_evaluate
from sightlab.cli_cluster import add_engine, cluster_of, refuse_lone_address
from sightlab.cli_figures import add_figures
from sightlab.cli_folders import existing_workspace, notebook_folder, photo_folder, photos_of_run
from sightlab.cli_pages import add_pages
from sightlab.cli_sources import add_sources
from sightlab.cli_world import add_world
from sightlab.notebook_progress import print_progress

PROFILES = ("photos", "article", "full", "tour")

DESCRIPTION = """\
Landmark recognition: clean the photos of landmarks, train a network, recognize
landmarks on new photos, and measure how well that goes.
"""
EPILOG = """\
The usual way:
  sightlab run --profile tour --workspace workspace-tour      (no photos needed)
  sightlab check ../shared/photos
  sightlab run --photos ../shared/photos --workspace workspace
  sightlab recognize holiday/ --workspace workspace --out predictions.csv

Everything computed is kept in the workspace. A command that was interrupted or
failed is continued by giving it again.
"""
RUN = """\
Executes the numbered notebooks in order: photo database, cleaning, training,
centroids, recognition. At the end results/results.json in the workspace holds every number.
"""
RECOGNIZE = """\
Answers which landmark each photo shows. Takes files and folders, no table is needed.
Every file gets one row in the table, also a broken one (reason "unreadable: ...").
Needs a workspace in which `sightlab run` has finished. Millions of photos: with --engine ray by all
machines of a Ray cluster that see them; interrupted, either engine continues the other.
"""
EMBED = """\
Checks every photo of a folder, computes its embedding and keeps it in the workspace: with its
trained network, or with the one that a run starts from when it has none yet. With --engine ray
by all machines of a Ray cluster that see the photos; interrupted, either continues the other.
"""
CHECK = """\
Reads the tables of a folder and decodes every photo once. Prints what is wrong and what
to do. Exit code 0: fine (warnings allowed); 1: problems; 2: the folder cannot be read.
"""


def build_parser() -> argparse.ArgumentParser:
    """The whole command line as argparse sees it."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("sightlab", description=DESCRIPTION, epilog=EPILOG, formatter_class=raw)
    parser.add_argument("--version", action="version", version=f"sightlab {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--debug", action="store_true", help="show the Python traceback of an error")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, work: Callable, summary: str, description: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(
            name, help=summary, description=description, parents=[common], formatter_class=raw
        )
        sub.set_defaults(work=work)
        return sub

    def workspace(sub: argparse.ArgumentParser, what: str) -> None:
        sub.add_argument("--workspace", metavar="DIR", type=Path, required=True, help=what)

    def photos(sub: argparse.ArgumentParser, *, required: bool) -> None:
        sub.add_argument(
            "--photos",
            metavar="DIR",
            type=Path,
            required=required,
            help="folder with manifest.csv, landmarks.csv, references.csv and the photos"
            + ("" if required else "; may be left out with --profile tour, which draws its own"),
        )

    def profile(sub: argparse.ArgumentParser) -> None:
        sub.add_argument(
            "--profile",
            choices=PROFILES,
            default="photos",
            help="which settings: photos = some thousand photos on a CPU (default), "
            "article = the same trained and decided as the article says, to compare, "
            "full = the large network for millions of photos, tour = minutes, to look around",
        )

    sub = command("run", _run, "the main job: all notebooks in order", RUN)
    photos(sub, required=False)
    workspace(sub, "folder for everything computed; created when it does not exist")
    profile(sub)
    sub.add_argument(
        "--only", metavar="NN", action="append", help="only these notebooks, for example 04 or 02,04"
    )
    sub.add_argument(
        "--notebooks", metavar="DIR", type=Path, help="folder of the notebooks (found by itself)"
    )

    sub = command("recognize", _recognize, "which landmark do these photos show?", RECOGNIZE)
    sub.add_argument("paths", metavar="PATH", type=Path, nargs="+", help="a photo or a folder of photos")
    workspace(sub, "workspace of a finished run")
    sub.add_argument(
        "--out", metavar="TABLE", type=Path, required=True, help="the table to write: .csv or .parquet"
    )
    sub.add_argument(
        "--gps",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="use the coordinates stored in the photos (default), or look at the picture only",
    )
    sub.add_argument(
        "--fpr",
        metavar="RATE",
        type=_rate,
        help="largest share of photos without landmark that may get one, for example 0.001; "
        "a rate that the run has thresholds for (default: that of its profile)",
    )
    add_engine(sub)

    sub = command("evaluate", _evaluate, cli_evaluate.SUMMARY, cli_evaluate.DESCRIPTION)
    photos(sub, required=True)
    cli_evaluate.add_arguments(sub)

    sub = command("embed", _embed, "embeddings of a folder of photos", EMBED)
    photos(sub, required=True)
    workspace(sub, "where they are kept; created when it does not exist")
    profile(sub)
    add_engine(sub)

    sub = command("check", _check, "are the tables and photos of a folder in order?", CHECK)
    sub.add_argument("photos", metavar="DIR", type=Path, help="folder with manifest.csv and the photos")
    add_world(command)
    add_sources(command)
    add_pages(command, PROFILES)
    add_figures(command, PROFILES)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; its exit code (argparse itself exits with 2 on a wrong command line)."""
    args = build_parser().parse_args(argv)
    from sightlab.checks import InputError
    from sightlab.notebook_kernel import NotebookFailed

    try:
        return args.work(args)
    except KeyboardInterrupt:
        print_progress("Interrupted. Everything finished is kept; give the same command again to continue.")
        return 130
    except NotebookFailed as error:
        return _fail(args, error, str(error), 2 if error.error == "InputError" else 1)
    except InputError as error:
        return _fail(args, error, str(error), 2)
    except OSError as error:
        return _fail(args, error, os_error_in_words(error), 2)


def os_error_in_words(error: OSError) -> str:
    """What the operating system refused, with the file, and what to do."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"The disk is full{where}. Everything finished is kept: make room, or move the workspace to a "
            "larger disk, and give the same command again to continue."
        )
    if isinstance(error, PermissionError):
        return f"No permission{where}: change the rights of the file or folder, or choose another one."
    if isinstance(error, FileNotFoundError):
        return f"File not found{where}: check the spelling of the path."
    return f"{error.strerror or error}{where}. With --debug the command shows where this happened."


def _fail(args: argparse.Namespace, error: BaseException, message: str, code: int) -> int:
    if args.debug:
        import traceback

        traceback.print_exception(error, file=sys.stderr)
    print_progress(f"sightlab: {message}")
    return code


def _rate(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = float("nan")
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is not between 0 and 1; 0.01 means 1 in 100")
    return value


def _run(args: argparse.Namespace) -> int:
    from sightlab.notebook_runner import find_notebooks, notebooks_of, remembered_seconds, run_notebooks
    from sightlab.profiles import get_profile
    from sightlab.workspace import Workspace

    photos = photos_of_run(args)
    notebooks = notebooks_of(find_notebooks(notebook_folder(args.notebooks)), args.profile)
    minutes = get_profile(args.profile).expected_minutes
    workspace = Workspace(args.workspace.resolve())
    parameters = {"PROFILE": args.profile, "PHOTOS": str(photos), "WORKSPACE": str(workspace.root)}
    with workspace.lock():
        run_notebooks(notebooks, parameters, workspace, args.only, expected_minutes=minutes)
        seconds = remembered_seconds(workspace, args.profile)  # also of those not run this time
        results = workspace.merge_results(args.profile, seconds)
    print_progress(
        f"Results: {workspace.root / 'results' / 'results.json'}  Figures: {workspace.root / 'figures'}"
    )
    for key in ("sensitivity_at_fpr_1pct", "closed_set_accuracy", "micro_ap"):
        if key in results:
            print_progress(f"  {key} = {results[key]:.3f}")
    return 0


def _recognize(args: argparse.Namespace) -> int:
    from sightlab.checks import InputError
    from sightlab.data.photos import find_photos

    if args.out.is_dir():
        raise InputError(f"--out must name a table, but {args.out} is a folder. Add a name like answers.csv.")
    refuse_lone_address(args)
    out = args.out.resolve()
    paths = [p for p in find_photos(args.paths) if p.resolve() != out]  # not our own earlier answer
    if not paths:
        raise InputError(f"Expected photos in {', '.join(map(str, args.paths))}, found no file there.")
    workspace = existing_workspace(args.workspace)
    cluster = cluster_of(args)
    out.parent.mkdir(parents=True, exist_ok=True)

    from sightlab.pipeline_many import recognize_into

    print_progress(f"Files to recognize: {len(paths):,}")
    counts = recognize_into(out, paths, workspace, args.gps, args.fpr, cluster)
    print_progress(
        f"{counts.named:,} with a landmark, {counts.rejected:,} without, {counts.unreadable:,} unreadable: "
        f"{args.out}"
    )
    return 0


def _evaluate(args: argparse.Namespace) -> int:
    args.photos = photo_folder(args.photos)
    return cli_evaluate.evaluate(args)


def _embed(args: argparse.Namespace) -> int:
    refuse_lone_address(args)
    photos, cluster = photo_folder(args.photos), cluster_of(args)

    from sightlab.pipeline import embed_manifest
    from sightlab.workspace import Workspace

    workspace = Workspace(args.workspace.resolve())
    with workspace.lock():
        table = embed_manifest(photos, workspace, args.profile, cluster)
    print_progress(
        f"{len(table):,} embeddings of {table.dim} numbers are in {workspace.root} (key {table.key})"
    )
    return 0


def _check(args: argparse.Namespace) -> int:
    folder = photo_folder(args.photos)

    from sightlab.checks import InputError
    from sightlab.data.manifest import Manifest
    from sightlab.data.photos import photo_problems, survey_photos

    try:
        manifest = Manifest.read(folder)
    except InputError as error:  # the folder could be read, what it says is wrong: that is the answer
        print(error)
        return 1
    print(manifest)
    for warning in manifest.warnings:
        print(f"warning: {warning}")
    problems = photo_problems(survey_photos(manifest))
    for row in problems.itertuples():
        print(f"problem: {row.path}: {row.problem}")
    verdict = "A run leaves these photos out; the others are used." if len(problems) else "Ready to run."
    print(f"{len(manifest.warnings)} warnings, {len(problems)} unusable photos. {verdict}")
    return 1 if len(problems) else 0
