"""The article's trunks: parameters, multiplications, and photos per second of processor time.

    python benchmarks/trunks.py --out benchmarks/trunks.csv

Notebook 03 shows the table. The claim to check: a wide ResNet-50-2 is about twice as fast as a ResNet-200.
"""

import argparse
from pathlib import Path

import pandas as pd

from sightlab.evaluation.trunk_costs import ARTICLE_TRUNKS, trunk_sizes, trunk_speeds
from sightlab.workspace_records import environment_record


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="CSV to write")
    parser.add_argument("--size", type=int, default=224, help="side of the photos, pixels")
    parser.add_argument("--batch", type=int, default=1, help="photos at a time")
    parser.add_argument("--repeats", type=int, default=3, help="rounds over all trunks")
    asked = parser.parse_args()
    names = list(ARTICLE_TRUNKS.values())
    table = trunk_sizes(names, asked.size).merge(trunk_speeds(names, asked.size, asked.batch, asked.repeats))
    wide = table.set_index("trunk").loc["wide_resnet50_2"]
    for kind in ("forward", "training"):
        table[f"{kind}_to_wrn_50_2"] = table[kind] / wide[kind]
    facts = {"size": asked.size, "batch": asked.batch, "repeats": asked.repeats}
    table = table.assign(**facts, torch=environment_record()["versions"]["torch"])
    table.to_csv(asked.out, index=False, float_format="%.6g")
    print(pd.read_csv(asked.out).to_string(index=False))


if __name__ == "__main__":
    main()
