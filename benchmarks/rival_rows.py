"""Further rivals on a finished workspace: DELF in other ways, other local features, cleaning by geometry.

    python benchmarks/rival_rows.py --photos ../shared/photos --workspace workspace --out rivals.csv

`strong` is DELF with 128 numbers, `ivf` with an approximate index (faiss); `sift`, `xfeat` and `aliked` are
asked where the centroids are in doubt (the last two want `make rivals`); `graph` cleans by geometry.
`--control sift=700 aliked=60` lets other features verify DELF's own candidates, for so many landmark photos
and as many distractors: rivals of their own. Everything is stored, and notebook 08 shows what a workspace
holds; a killed run goes on. Thresholds and weights are chosen on tune, and rows are measured on test.
`--out benchmarks/rivals_photos.csv` is what the README's tables are made from.
"""

import argparse
from pathlib import Path

import pandas as pd

from sightlab import pipeline_delf_control as control
from sightlab import pipeline_delf_graph as graph
from sightlab import pipeline_delf_rows as rows
from sightlab.pipeline import Workbench
from sightlab.pipeline_delf import Rival


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", default="", help="folder of the run; none for profile tour")
    parser.add_argument("--workspace", required=True, help="of a finished run")
    parser.add_argument("--profile", default="photos", help="of the run")
    parser.add_argument("--only", nargs="*", default=[*rows.MORE, "graph"], help="rows wanted (default: all)")
    parser.add_argument("--control", nargs="*", default=[], metavar="KIND=N", help="verify DELF's candidates")
    parser.add_argument("--out", type=Path, help="CSV of the systems to write; other tables stand beside it")
    asked = parser.parse_args()
    bench = Workbench.open(asked.photos, asked.workspace, asked.profile)
    rival = Rival.of(bench)
    show(rows.method_rows(rival, [name for name in asked.only if name != "graph"]), asked.out)
    pairs = (words.split("=") for words in asked.control)
    held = control.rows_to_show(rival, {kind: int(n) for kind, n in pairs})
    if held is not None:
        show(held, asked.out and asked.out.with_stem(f"{asked.out.stem}_control"))
    cleaners = graph.league_to_show(rival, "graph" in asked.only)
    if cleaners is not None:  # none where no wrong photo is known
        show(cleaners, asked.out and asked.out.with_stem(f"{asked.out.stem}_cleaning"))


def show(table: pd.DataFrame, path: Path | None) -> None:
    print(table.round(4).to_string(index=False))
    if path is not None:
        table.to_csv(path, index=False, float_format="%.6g")


if __name__ == "__main__":
    main()
