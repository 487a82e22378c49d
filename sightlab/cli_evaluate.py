"""The command `evaluate`: the offline test of predictions in a file."""

import argparse
import sys
from pathlib import Path

SUMMARY = "how good are these predictions?"
DESCRIPTION = """\
The offline test: predictions of the test photos (what `sightlab recognize` writes) against the truth
in the tables of a folder. Prints the five outcomes, sensitivity at several false-positive rates, slices
and the landmarks found least often; with --against also what another system fixed and broke, and
whether that may be chance. Refuses predictions of tune or train photos, photos twice, missing photos
and similarities that are no numbers, and names the first.
"""


def add_arguments(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--predictions", metavar="CSV", type=Path, required=True, help="a row for every test photo"
    )
    sub.add_argument(
        "--against", metavar="CSV", type=Path, help="predictions of another system, or an earlier run"
    )
    sub.add_argument(
        "--out", metavar="DIR", type=Path, help="folder for the numbers as JSON and the tables as CSV"
    )


def evaluate(args: argparse.Namespace) -> int:
    from sightlab.data.manifest import Manifest
    from sightlab.evaluation.compare import compare
    from sightlab.evaluation.offline import offline_test, read_predictions, report, report_comparison

    predictions = read_predictions(args.predictions)
    other = None if args.against is None else read_predictions(args.against)
    manifest = Manifest.read(args.photos)
    found = offline_test(predictions, manifest)
    print(report(found))
    comparison = None
    if other is not None:
        names = (args.against.stem, args.predictions.stem)
        comparison = compare(offline_test(other, manifest), found, names)
        print(f"\n{report_comparison(comparison)}")
    if args.out is not None:
        _write(args.out, found, comparison)
        print(f"Numbers and tables: {args.out}", file=sys.stderr, flush=True)
    return 0


def _write(folder: Path, found, comparison) -> None:
    import json

    from sightlab.evaluation.offline import per_landmark
    from sightlab.workspace import atomic_write_text

    folder.mkdir(parents=True, exist_ok=True)
    atomic_write_text(folder / "evaluation.json", json.dumps(found.numbers, indent=1, allow_nan=False) + "\n")
    tables = {
        "slices": found.slices,
        "outcomes": found.outcomes,
        "open_set_curve": found.curve,
        "landmarks": per_landmark(found.outcomes),
    }
    if comparison is not None:
        tables |= {"comparison": comparison.questions, "changes": comparison.photos}
    for name, table in tables.items():
        atomic_write_text(folder / f"{name}.csv", table.to_csv(index=False))
