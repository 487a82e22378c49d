"""What notebook 08 shows of the two systems: who wins where, pictures of it, known pairs.

from sightlab import pipeline_delf_studies as rivalry
against = rivalry.against_delf(rival)
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from sightlab.data.manifest import NON_LANDMARK
from sightlab.data.photos import open_photo
from sightlab.delf.candidates import null_of
from sightlab.delf.features import LocalFeatures, extract_all
from sightlab.delf.learned import CONFIGS, LocalMatcher
from sightlab.delf.verification import Verification, VerificationConfig, verify
from sightlab.evaluation.compare import Comparison, compare
from sightlab.evaluation.metrics import auroc
from sightlab.evaluation.protocol import Evaluation, evaluate
from sightlab.nets.engine import compile_engine
from sightlab.nets.photo_stream import in_order
from sightlab.pipeline_delf import Rival
from sightlab.views.figures_delf import MatchPicture

HARD_PLACE = "london_bridge"  # reported apart: its photos hardly overlap
NAMES = ("sightlab", "DELF")
VERSION = 1


def against_delf(rival: Rival) -> Comparison:
    """DELF against the centroids on the same test queries; "fixed" is what DELF alone got right."""
    return compare(rival.centroids, rival.evaluation, NAMES, n_resamples=500)


# ---------------------------------------------------------------- known pairs


def pairs(rival: Rival, kind: str = "delf") -> pd.DataFrame | None:
    """Every two photos of the folder `pairs`, verified; None where the photos have no such folder. Stored.

    Args:
        rival: its network, for "delf".
        kind: "delf", or one of `learned.KINDS`.
    Returns:
        place_a, place_b, is_same, n_matches, n_inliers, null (99 % quantile of as many random matches).
    """
    folder = rival.bench.photos / "pairs"
    if not folder.is_dir():
        return None
    paths = sorted(folder.glob("*/*.jpg"))
    is_delf = kind == "delf"
    config = rival.settings.search.verification if is_delf else CONFIGS[kind]
    made_by = [rival.net.key, repr(rival.config)] if is_delf else [kind]
    settings = {"files": [[p.parent.name, p.name, p.stat().st_size] for p in paths], "config": repr(config)}
    return rival.bench.workspace.table(
        "delf_pairs", VERSION, settings, made_by, lambda: _pairs(rival, kind, paths)
    )


def _pairs(rival: Rival, kind: str, paths: list[Path]) -> pd.DataFrame:
    photos = (open_photo(path) for path in paths)
    if kind != "delf":
        matcher = LocalMatcher(kind)
        found = [matcher.features(photo) for photo in photos]
        return verified_pairs(found, paths, matcher.config, matcher.verify)
    engine = compile_engine(rival.net, None, rival.bench.profile.curriculum.engine)
    found = list(extract_all(photos, engine, rival.net.field, rival.config))
    config = rival.settings.search.verification
    return verified_pairs(found, paths, config, lambda a, b: verify(a, b, config))


def verified_pairs(
    features: list[LocalFeatures],
    paths: list[Path],
    config: VerificationConfig,
    verified: Callable[[LocalFeatures, LocalFeatures], Verification],
) -> pd.DataFrame:
    """Columns as `pairs`; the folder of a path is its place."""
    every = list(combinations(range(len(features)), 2))
    rows = []
    for (i, j), found in zip(
        every, in_order(lambda ij: verified(features[ij[0]], features[ij[1]]), every), strict=True
    ):
        a, b = paths[i].parent.name, paths[j].parent.name
        n = len(found.matches)
        rows.append((a, b, a == b, n, found.n_inliers, null_of(n, config)))
    columns = ["place_a", "place_b", "is_same", "n_matches", "n_inliers", "null"]
    return pd.DataFrame(rows, columns=columns)


def pairs_numbers(table: pd.DataFrame | None, prefix: str = "pairs") -> dict[str, float | None]:
    """AUROC of same against different places, without the hard place and with it; shares above the null."""
    keys = (
        f"{prefix}_auroc",
        f"{prefix}_auroc_all",
        f"{prefix}_same_above_null",
        f"{prefix}_other_above_null",
    )
    if table is None:
        return dict.fromkeys(keys)
    is_same, counts = table["is_same"].to_numpy(), table["n_inliers"].to_numpy(dtype=np.float64)
    is_hard = is_same & (table["place_a"] == HARD_PLACE).to_numpy()
    above = counts > table["null"].to_numpy()
    values = (
        auroc(counts[~is_hard], is_same[~is_hard]),
        auroc(counts, is_same),
        float(above[is_same].mean()),
        float(above[~is_same].mean()),
    )
    return dict(zip(keys, values, strict=True))


# ---------------------------------------------------------------- pictures and tables


def won_and_lost(rival: Rival, against: Comparison, most: int = 3) -> list[MatchPicture]:
    """Landmark photos that DELF alone got right, then those it alone got wrong, with its matches.

    The rule: of each kind the first `most` by the number of inliers, highest first. Beside the matches the
    evidence of our network for the true landmark, against what was named instead (or non-landmark).
    """
    answers = rival.answers("test").set_index("photo")
    changes = against.photos[against.photos["landmark_id"] != NON_LANDMARK]
    pictures = []
    for change, words in (("fixed", "DELF alone is right"), ("broken", "sightlab alone is right")):
        photos = changes.loc[changes["change"] == change, ["photo_id", "landmark_id"]]
        ranked = photos.assign(n=answers.loc[photos["photo_id"], "n_inliers"].to_numpy())
        ranked = ranked.sort_values(["n", "photo_id"], ascending=[False, True])
        for photo, truth in ranked[["photo_id", "landmark_id"]][:most].itertuples(index=False):
            pictures.append(_picture(rival, photo, truth, answers.loc[photo], words))
    return [picture for picture in pictures if picture is not None]


def _picture(rival: Rival, photo: str, truth: str, answer: pd.Series, words: str) -> MatchPicture | None:
    if not answer["matched_photo"]:
        return None
    ours = rival.centroids.outcomes.set_index("photo_id").loc[photo, "best_landmark_id"]
    named = {ours, answer["best_landmark_id"]} - {truth}
    squares, maps = rival.bench.explain([photo], [truth], [min(named, default=NON_LANDMARK)])
    paths = dict(zip(rival.bench.manifest.photos["photo_id"], rival.bench.manifest.paths(), strict=True))
    query = rival.features([photo], "one photo")[0]
    other = rival.database[rival.database.photo_ids.index(answer["matched_photo"])]
    found = verify(query, other, rival.settings.search.verification)
    a, b = found.matches[found.is_inlier].T
    caption = f"{words}: {answer['best_landmark_id']} by DELF, {found.n_inliers} inliers"
    both = paths[photo], paths[answer["matched_photo"]]
    return MatchPicture(
        *map(open_photo, both), query.points[a], other.points[b], caption, both, (squares[0], maps[0])
    )


def open_set(rival: Rival) -> pd.DataFrame:
    """Sensitivity at every false-positive rate of all systems on the same test queries, without coordinates.

    Returns:
        system (sightlab, rule of the article, DELF), threshold, fpr, sensitivity, n (landmark queries).
    """
    bench, truth = rival.bench, rival.queries("test")
    answers = bench.recognize("test", use_gps=False, recognizer=bench.plain_recognizer)
    plain = evaluate(answers[answers["photo"].isin(truth["photo_id"])], truth, n_resamples=1)
    found = {"sightlab": rival.centroids, "rule of the article": plain, "DELF": rival.evaluation}
    curves = [evaluation.curve.assign(system=name) for name, evaluation in found.items()]
    table = pd.concat(curves, ignore_index=True).assign(n=rival.evaluation.numbers["n_landmark"])
    return table[["system", *(column for column in table.columns if column != "system")]]


def systems(evaluations: dict[str, Evaluation], times: pd.DataFrame) -> pd.DataFrame:
    """system, sensitivity at FPR 1 % with interval, and median ms of a photo at the smallest database.

    Args:
        evaluations: name as in `times` without the size -> evaluation.
        times: from `measure_speed`.
    """
    whole = times[times["step"] == "whole"].groupby("system")["milliseconds"].median()
    rows = []
    for name, evaluation in evaluations.items():
        key, n = "sensitivity_at_fpr_1pct", evaluation.numbers
        rows.append((name, n[key], n[f"{key}_low"], n[f"{key}_high"], float(whole[f"{name} 1x"])))
    return pd.DataFrame(rows, columns=["system", "sensitivity", "low", "high", "milliseconds"])


def comparison_numbers(rival: Rival, against: Comparison) -> dict[str, float | int | str | None]:
    """Flat results of both systems on the same queries, the sizes of what they keep, and what was asked."""
    numbers: dict = {}  # a key has one meaning in results.json: the bare one is of all test photos
    for prefix, evaluation in (("centroid_", rival.centroids), ("delf_", rival.evaluation)):
        for key in ("sensitivity_at_fpr_1pct", "sensitivity", "confusion_rate", "fpr", "closed_set_accuracy"):
            for end in ("", "_low", "_high"):
                numbers[f"{prefix}{key}{end}"] = evaluation.numbers[key + end]
    if len(rival.queries("test")) == len(rival.bench.manifest.split("test")):
        numbers["sensitivity_at_fpr_1pct"] = numbers["centroid_sensitivity_at_fpr_1pct"]
    row = against.questions.set_index("question").loc["sensitivity at FPR 1 %"]
    return numbers | {
        "mcnemar_p": float(row["p"]),
        "delf_gain_at_fpr_1pct": float(row["difference"]),
        "delf_gain_at_fpr_1pct_low": float(row["low"]),
        "delf_gain_at_fpr_1pct_high": float(row["high"]),
        "delf_threshold": float(rival.threshold),
        "delf_index_bytes_per_photo": rival.index.bytes_per_photo,
        "delf_bytes_per_photo": rival.index.bytes_per_photo + rival.database.bytes_per_photo,
        "centroid_bytes_per_photo": _recognizer_bytes(rival) / len(rival.bench.kept()),
        "delf_n_database": len(rival.database),
        "delf_n_landmark": rival.evaluation.numbers["n_landmark"],
        "delf_n_distractor": rival.evaluation.numbers["n_distractor"],
    }


def _recognizer_bytes(rival: Rival) -> int:
    """Of all vectors that the recognizer of the bench answers with."""
    search = rival.bench.recognizer.search
    held = [search.gallery.vectors, search.pool, *search.reference_vectors.values()]
    held += [search.witnesses.vectors] if search.witnesses is not None else []
    return sum(rows.nbytes for rows in held if rows is not None)
