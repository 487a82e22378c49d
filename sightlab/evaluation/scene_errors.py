"""Top-1 and top-5 error of the article's trunks on scenes: stored rows, and the table that they make.

`benchmarks/scene_errors.py` measures; this module says what a row is, which cells are there, and which wait
for a GPU. A row holds for its scenes and its settings only: compare rows in which these are the same.

Source: the table Boiarov & Tyantov 2019 (article), on Places365; what is measured here and how: ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sightlab.checks import check_columns
from sightlab.evaluation.intervals import wilson
from sightlab.evaluation.trunk_costs import ARTICLE_TRUNKS

if TYPE_CHECKING:
    from sightlab.learning.scenes import SceneTrunk

# what was asked: a row with the same of all these is the same cell
SETTINGS = (
    "trunk",  # timm name
    "weights",  # that it started from, in words
    "scenes",  # which photos, in words
    "size",  # side of the photos, pixels
    "epochs",
    "batch",  # photos of an update
    "seed",  # of the held-out part and of random weights
    "n_train",
    "n_test",
    "n_classes",
    "device",  # that trained it, in words; begins with "CPU" if it is one
)
# what was found: shares of the held-out photos with Wilson 95 %; seconds of training
FOUND = ("top1_error", "top1_low", "top1_high", "top5_error", "seconds")
COLUMNS = (*SETTINGS[:-1], *FOUND, "device")
GPU_SIZE, GPU_EPOCHS = 224, 60  # of the cells that wait for a GPU
NOT_MEASURED = "not measured: takes a GPU"
GUESSES = 5  # of the top-5 error, which is 0 for every trunk where there are no more scenes than that
FEW_SCENES = 25  # below, five guesses at random are right more than once in five times


def scene_error_row(settings: Mapping[str, object], taught: SceneTrunk) -> dict[str, object]:
    """A measured row.

    Args:
        settings: trunk, weights, scenes, size, epochs, batch, seed, n_train, device.
        taught: the trunk after its scenes.
    Returns:
        `COLUMNS`; top5_error is None where there are no more than five scenes.
    """
    n, n_classes = len(taught.right), len(taught.classes)
    wrong_1, wrong_5 = (n - int(k) for k in taught.right.sum(axis=0))
    low, high = wilson(wrong_1, n)
    row = dict(settings) | {"n_test": n, "n_classes": n_classes}
    row |= {"top1_error": wrong_1 / n, "top1_low": low, "top1_high": high}
    row["top5_error"] = wrong_5 / n if n_classes > GUESSES else None
    row["seconds"] = training_seconds(taught.history)
    return {name: row[name] for name in COLUMNS}


def training_seconds(history: pd.DataFrame) -> float:
    """Wall seconds of all epochs, also of a training that was cut and continued.

    Args:
        history: of `train`; its seconds begin anew with each epoch.
    """
    return float(history.groupby("epoch")["seconds"].max().sum())


def read_scene_errors(path: Path | str) -> pd.DataFrame:
    """The measured rows of a CSV that `write_scene_errors` wrote; none where there is no such file.

    Raises:
        InputError: columns that are missing.
    """
    if not Path(path).is_file():
        return pd.DataFrame(columns=list(COLUMNS))
    rows = pd.read_csv(path)
    check_columns(rows, COLUMNS, str(path))
    return rows[rows["top1_error"].notna()].reset_index(drop=True)


def write_scene_errors(path: Path, rows: pd.DataFrame) -> None:
    """The rows, and an empty one for each cell that waits for a GPU."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    with_gaps(rows).to_csv(unfinished, index=False, float_format="%.6g")
    unfinished.replace(path)


def is_measured(rows: pd.DataFrame, settings: Mapping[str, object]) -> bool:
    """Whether a row with the same settings is there; settings that are not given count as the same."""
    same = pd.Series(True, index=rows.index)
    for name in SETTINGS:
        if name in settings:
            same &= rows[name] == settings[name]
    return bool(same.any())


def with_gaps(rows: pd.DataFrame) -> pd.DataFrame:
    """The measured rows, and for each trunk of the article that no GPU has measured a row without errors."""
    rows = rows[rows["top1_error"].notna()]
    on_gpu = set(rows.loc[~rows["device"].str.startswith("CPU"), "trunk"]) if len(rows) else set()
    gaps = [
        {"trunk": trunk, "size": GPU_SIZE, "epochs": GPU_EPOCHS, "device": NOT_MEASURED}
        for trunk in ARTICLE_TRUNKS.values()
        if trunk not in on_gpu
    ]
    records = rows[list(COLUMNS)].to_dict("records") + gaps
    table = pd.DataFrame(records, columns=list(COLUMNS))
    counts = ["size", "epochs", "batch", "seed", "n_train", "n_test", "n_classes"]
    return table.astype(dict.fromkeys(counts, "Int64"))


def scene_error_table(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows for a reader: the article's names, percents, and empty cells where nothing was measured.

    Args:
        rows: of `read_scene_errors`; may be empty.
    """
    table = with_gaps(rows)
    names = {timm_name: name for name, timm_name in ARTICLE_TRUNKS.items()}
    interval = [
        "" if pd.isna(row.top1_error) else f"{row.top1_error:.1%} ({row.top1_low:.1%} to {row.top1_high:.1%})"
        for row in table.itertuples()
    ]
    return pd.DataFrame(
        {
            "trunk": table["trunk"].replace(names),
            "started from": _blank(table["weights"], "{}"),
            "pixels": table["size"],
            "epochs": table["epochs"],
            "scenes": _blank(table["n_classes"], "{:.0f}"),
            "photos learned": _blank(table["n_train"], "{:.0f}"),
            "held out": _blank(table["n_test"], "{:.0f}"),
            "top-1 error": interval,
            "top-5 error": _blank(table["top5_error"], "{:.1%}"),
            "minutes": _blank(table["seconds"] / 60, "{:.1f}"),
            "measured on": table["device"],
        }
    )


def _blank(values: pd.Series, form: str) -> list[str]:
    return ["" if pd.isna(value) else form.format(value) for value in values]


def scene_error_words(rows: pd.DataFrame) -> str:
    """What was measured where, what a guess would reach, and what is still to be measured."""
    rows = rows[rows["top1_error"].notna()]
    gaps = set(with_gaps(rows).loc[lambda table: table["top1_error"].isna(), "trunk"])
    missing = [name for name, timm_name in ARTICLE_TRUNKS.items() if timm_name in gaps]
    words = []
    if len(rows):
        per_device = rows.groupby("device", sort=False)["trunk"].nunique()
        counted = (f"{n} trunk{'s' * (n > 1)} on {device}" for device, n in per_device.items())
        words.append("Measured: " + "; ".join(counted))
        fewest = int(rows["n_classes"].min())
        words.append(f"Of {fewest} scenes a guess misses {1 - 1 / fewest:.0%}")
        if GUESSES < fewest < FEW_SCENES:
            words.append(f"Five guesses at random miss only {1 - GUESSES / fewest:.0%}: top-5 says little")
    if missing:
        words.append(f"Not measured on a GPU: {', '.join(missing)}")
    return ". ".join(words) + "."
