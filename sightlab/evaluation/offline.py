"""The offline test as a command: predictions in a file, truth in a folder, numbers in words."""

from pathlib import Path

import numpy as np
import pandas as pd

from sightlab.checks import InputError, check_columns
from sightlab.data.manifest import NON_LANDMARK, Manifest
from sightlab.data.photos import read_gps
from sightlab.evaluation.answers import PREDICTION_COLUMNS
from sightlab.evaluation.compare import Comparison
from sightlab.evaluation.protocol import Evaluation, evaluate
from sightlab.evaluation.published import DELF, beside_published
from sightlab.evaluation.slices import position_slices, world_facts, world_slices

_HEADLINES = (
    ("sensitivity_at_fpr_1pct", "sensitivity at FPR 1 %"),
    ("sensitivity_at_fpr_0.1pct", "sensitivity at FPR 0.1 %"),
    ("sensitivity_at_fpr_0.05pct", "sensitivity at FPR 0.05 %"),
    ("confusion_at_fpr_1pct", "confusion rate at FPR 1 %"),
    ("fpr_at_sensitivity_80pct", "FPR at sensitivity 80 %"),
    ("closed_set_accuracy", "closed-set accuracy"),
    ("sensitivity", "sensitivity, as answered"),
    ("confusion_rate", "confusion rate, as answered"),
    ("fpr", "FPR, as answered"),
    ("ppv_at_1pct", "PPV at 1 % prevalence"),
    ("ppv_at_2pct", "PPV at 2 % prevalence"),
    ("ppv_at_3pct", "PPV at 3 % prevalence"),
)


def read_predictions(path: Path) -> pd.DataFrame:
    """Predictions as `sightlab recognize` wrote them: words as text, similarity as numbers.

    Raises:
        InputError: no such file, not a CSV, a missing column, a similarity that is no number.
    """
    if not path.is_file():
        raise InputError(f"Expected a CSV of predictions; there is no file {path}. Check the path.")
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"Expected a CSV of predictions in {path}; {reason}. Write it again.") from error
    check_columns(table, PREDICTION_COLUMNS, path.name)
    numbers = pd.to_numeric(table["similarity"].replace("", np.nan), errors="coerce")
    bad = table.loc[numbers.isna() & ~table["similarity"].str.lower().isin(["", "nan"])]
    if len(bad):
        raise InputError(
            f"Expected numbers in the column similarity; got {bad['similarity'].iloc[0]!r} for "
            f"{bad['photo'].iloc[0]!r} in {path}. Leave it empty for an unreadable photo."
        )
    return table.assign(similarity=numbers)


def named_as_in(predictions: pd.DataFrame, manifest: Manifest) -> pd.DataFrame:
    """Predictions whose `photo` is the photo_id of the manifest; they may come by id or by path.

    Args:
        predictions: photo and the other columns of a prediction.
        manifest: the photos with their truth.
    Returns:
        A copy; photos that the manifest does not know keep their name (`evaluate` refuses them).
    Raises:
        InputError: photos of another split than test among them.
    """
    ids = manifest.photos["photo_id"]
    known = dict(zip((str(path.resolve()) for path in manifest.paths()), ids, strict=True))
    known |= dict(zip(manifest.photos["path"], ids, strict=True))
    known |= dict(zip(ids, ids, strict=True))

    def name(photo: str) -> str:
        return known.get(photo) or known.get(str(Path(photo).resolve()), photo)

    named = predictions.assign(photo=[name(photo) for photo in predictions["photo"]])
    split = named["photo"].map(dict(zip(ids, manifest.photos["split"], strict=True)))
    foreign = named.loc[split.notna() & (split != "test"), "photo"]
    if len(foreign):
        splits = " and ".join(sorted(set(split[foreign.index])))
        raise InputError(
            f"Expected predictions of test photos only; got {len(foreign)} of {splits}, first "
            f"{foreign.iloc[0]!r}. Training and thresholds saw those photos, so they measure nothing: leave "
            "them out."
        )
    return named


def offline_test(predictions: pd.DataFrame, manifest: Manifest, n_resamples: int = 1000) -> Evaluation:
    """The whole offline test of a folder, with every slice that the folder's tables allow.

    Args:
        predictions: from `read_predictions`.
        manifest: the folder; its test photos are the test. Frequent and rare are counted by its train
            photos as labelled, since no cleaning is known here.
        n_resamples: bootstrap draws.
    Returns:
        The evaluation; slices by region, coordinates, and, if the folder has a truth.csv, by view.
    Raises:
        InputError: as `evaluate`.
    """
    truth = manifest.split("test").photos
    train = manifest.split("train").photos
    counts = train.loc[train["landmark_id"] != NON_LANDMARK, "landmark_id"].value_counts().to_dict()
    truth = _with_positions(truth, manifest.root)
    slices = position_slices(truth, manifest.landmarks) | world_slices(truth, world_facts(manifest.root))
    return evaluate(named_as_in(predictions, manifest), truth, slices, counts, n_resamples)


def _with_positions(photos: pd.DataFrame, root: Path) -> pd.DataFrame:
    """Coordinates of the EXIF where the table has none."""
    unknown = photos["lat"].isna() | photos["lon"].isna()
    found = [read_gps(root / path) for path in photos.loc[unknown, "path"]]
    photos = photos.copy()
    if found:
        photos.loc[unknown, ["lat", "lon"]] = np.array(found, dtype=np.float64).reshape(-1, 2)
    return photos


def report(evaluation: Evaluation, worst: int = 10) -> str:
    """The offline test in lines for a terminal: headline, slices, worst landmarks, published figures."""
    n = evaluation.numbers
    lines = [repr(evaluation), ""]
    lines += [f"  {words:44s}{_percent(n, key)}" for key, words in _HEADLINES]
    lines += [
        f"  {words:44s}{_plain(n, key)}" for key, words in (("micro_ap", "micro-AP"), ("auroc", "AUROC"))
    ]
    if n["fpr_bound"] is not None:
        bound = f"{100 * n['fpr_bound']:.2f} %"
        lines.append(f"  {'FPR is below, with 95 % confidence':44s}{bound}  (Clopper-Pearson, one-sided)")
    albums = n["wrong_albums_per_1000_at_2pct"]
    if albums is not None:
        lines.append(f"  {'wrong albums per 1,000 photos at 2 %':44s}{albums:.1f}")
    lines += ["", "Slices (landmark photos): sensitivity at FPR 1 %, confusion rate as answered"]
    for row in evaluation.slices[evaluation.slices["n_landmark"] > 0].to_dict("records"):
        shares = _percent(row, "sensitivity_at_fpr_1pct"), _percent(row, "confusion_rate")
        lines.append(f"  {row['slice']:34s}{row['n_landmark']:6,d}  {shares[0]:28s}{shares[1]}")
    lines += ["", f"Landmarks found least often (of {worst} the worst)", *_worst(evaluation, worst)]
    lines += ["", "Beside the article (other photos, so no comparison of systems)"]
    for row in beside_published(evaluation).to_dict("records"):
        source = "published" if row["is_published"] else "here, at FPR 1 %"
        interval = f"({100 * row['low']:.1f} to {100 * row['high']:.1f})"
        lines.append(
            f"  {row['slice']:10s}{source:18s}{100 * row['estimate']:5.1f} % {interval}, n = {row['n']}"
        )
    return "\n".join([*lines, f"  {DELF}"])


def report_comparison(comparison: Comparison) -> str:
    """A comparison in lines for a terminal."""
    first, second = comparison.names
    lines = [
        repr(comparison),
        "",
        f"  {'question':46s}{first[:12]:>13s}{second[:12]:>13s}   difference (95 %)",
    ]
    for row in comparison.questions.itertuples():
        interval = f"{100 * row.difference:+.1f} ({100 * row.low:+.1f} to {100 * row.high:+.1f})"
        counts = f"{row.only_first} / {row.only_second}"
        lines.append(
            f"  {row.question:46s}{100 * row.first:11.1f} %{100 * row.second:11.1f} %   {interval:24s}"
            f"only one right {counts:10s}p {row.p:.3g}, Holm {row.p_holm:.3g}"
        )
    return "\n".join([*lines, "  p: exact McNemar; interval: paired bootstrap by landmark"])


def per_landmark(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Landmark, photos, share answered rightly and wrongly; the one found least often first."""
    photos = outcomes[outcomes["landmark_id"] != NON_LANDMARK]
    rates = photos.assign(
        sensitivity=photos["outcome"] == "correct", confusion_rate=photos["outcome"] == "confused"
    )
    table = rates.groupby("landmark_id")[["sensitivity", "confusion_rate"]].mean()
    table.insert(0, "n", rates.groupby("landmark_id").size())
    return table.reset_index().sort_values(["sensitivity", "n", "landmark_id"], ascending=[True, False, True])


def _worst(evaluation: Evaluation, worst: int) -> list[str]:
    table = per_landmark(evaluation.outcomes).head(worst)
    return [
        f"  {row.landmark_id:34s}{row.n:6,d}  {100 * row.sensitivity:5.1f} %" for row in table.itertuples()
    ]


def _percent(values: dict, key: str) -> str:
    if values[key] is None or np.isnan(values[key]):
        return "undefined"
    ends = [values.get(f"{key}{end}") for end in ("_low", "_high")]
    known = all(end is not None and not np.isnan(end) for end in ends)
    interval = f" ({100 * ends[0]:.1f} to {100 * ends[1]:.1f})" if known else ""
    return f"{100 * values[key]:.1f} %{interval}"


def _plain(values: dict, key: str) -> str:
    if values[key] is None:
        return "undefined"
    return f"{values[key]:.3f} ({values[f'{key}_low']:.3f} to {values[f'{key}_high']:.3f})"
