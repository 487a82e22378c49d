"""Recipes of training against each other on cached views; rows are stored, and a killed run goes on.

    python benchmarks/learning_league.py --workspace workspace-tour --out league.csv

Notebook 04 shows the rows that a workspace holds. A row takes a minute or so on two cores for the tour.
"""

import argparse
from pathlib import Path

from sightlab import pipeline_learning
from sightlab.pipeline import Workbench


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--photos", default="", help="folder of photos; without it the drawn world of the tour"
    )
    parser.add_argument("--workspace", required=True, help="where rows are kept")
    parser.add_argument("--profile", default="tour")
    parser.add_argument("--only", nargs="*", help="names of recipes; all by default")
    parser.add_argument("--seeds", type=int, default=3, help="of headline rows; the others have one")
    parser.add_argument("--out", type=Path, help="CSV to write")
    asked = parser.parse_args()
    bench = Workbench.open(asked.photos, asked.workspace, asked.profile)
    table = pipeline_learning.run_league(bench, asked.only, tuple(range(asked.seeds)))
    print(table.round(4).to_string(index=False))
    if asked.out:
        table.to_csv(asked.out, index=False, float_format="%.6g")


if __name__ == "__main__":
    main()
