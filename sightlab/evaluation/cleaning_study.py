"""Cleaners against each other where wrong photos are known: a row a way, each with its interval.

Shapes: N photos judged, C landmarks, D embedding size. References are kept by definition, so no way is
measured on them. Wrong photos come from a list that only measures; no way ever sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Shaped

from sightlab.checks import InputError, check_count
from sightlab.evaluation.intervals import bootstrap_by_landmark, share_by_landmark
from sightlab.evaluation.metrics import auroc
from sightlab.learning import cleaning_rivals as rivals
from sightlab.learning.cleaning_rivals import CleaningInputs, Suspicion

ARTICLE = "mean of references (article)"
OURS = "mean, then kept photos (ours)"
CONFIDENT = "confident learning (cleanlab)"
OTHERS_DROPPED = 0.10  # share of other photos that a cleaner may drop, for the column at equal cost


@dataclass(frozen=True, eq=False)
class KnownDirt:
    """What measuring needs, and cleaners never get: row by row beside `CleaningInputs`."""

    landmark: Shaped[np.ndarray, " N"]  # filed under, ids
    is_wrong: Bool[np.ndarray, " N"]
    is_reference: Bool[np.ndarray, " N"]
    is_rare_view: Bool[np.ndarray, " N"] | None = None  # right photos of seldom taken views; None: unknown
    kind: Shaped[np.ndarray, " N"] | None = None  # of dirt, "" for right photos; None: unknown

    @property
    def judged(self) -> Bool[np.ndarray, " N"]:
        return ~self.is_reference


def ways_to_clean(inputs: CleaningInputs, seed: int = 0) -> dict[str, Callable[[], Suspicion]]:
    """Every way that is tried, by name; the article's first. Each is computed when it is called.

    Those that these photos do not allow are not among them, see `left_out`.
    """

    def distances(summary: str) -> np.ndarray:
        return rivals.reference_distances(inputs, summary)

    def mean_margin() -> np.ndarray:
        return rivals.margin(distances("mean"))

    tables = {
        ARTICLE: lambda: distances("mean"),
        "nearest reference (min)": lambda: distances("min"),
        "soft-min of references": lambda: distances("soft_min"),
        "mean, less the nearest other": mean_margin,
        "neighbor agreement": lambda: rivals.neighbor_disagreement(inputs),
    }
    ways: dict[str, Callable[[], Suspicion]] = {
        name: lambda table=table: rivals.global_rule(inputs, table()) for name, table in tables.items()
    }
    ways[OURS] = lambda: rivals.second_look(inputs, ways[ARTICLE]())
    for summary in ("mean", "soft_min"):
        words = summary.replace("_", "-")
        ways[f"{words}, threshold per landmark"] = lambda summary=summary: rivals.landmark_rule(
            inputs, distances(summary)
        )
    ways[CONFIDENT] = lambda: rivals.confident_learning(inputs, rivals.out_of_sample_doubt(inputs, seed=seed))
    ways["sub-center angle > 75 degrees"] = lambda: rivals.fixed_rule(
        rivals.sub_center_angles(inputs, seed=seed), 75
    )
    return {name: way for name, way in ways.items() if name not in left_out(inputs)}


def left_out(inputs: CleaningInputs) -> dict[str, str]:
    """Ways that these photos do not allow, by name, each with its reason."""
    n_lone = int((inputs.counts < 2).sum())
    if not n_lone:
        return {}
    return {CONFIDENT: f"it judges photos out of sample; {n_lone} landmark(s) have a single photo"}


def suspicions(ways: Mapping[str, Callable[[], Suspicion]], inputs: CleaningInputs) -> pd.DataFrame:
    """A column of scores for each way, a row for each photo; > 0: dropped, higher = more suspect."""
    return pd.DataFrame({name: way().score(inputs.column) for name, way in ways.items()})


def cleaning_league(
    scores: pd.DataFrame,
    known: KnownDirt,
    n_resamples: int = 200,
    reasons: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """A row for each way, held against the first one.

    Args:
        scores: of `suspicions`.
        known: row by row beside them.
        n_resamples: bootstrap draws, the same for all ways.
        reasons: of `left_out`; None: no way was left out.
    Returns:
        way; auroc and ap (average precision) of its score as a detector of wrong photos, gain (of AUROC over
        the first way), each with _low, _high (95 %, bootstrap by landmark); at the way's own threshold
        noise_dropped and other_dropped; noise_dropped_at_10pct (of other photos dropped); rare_kept (share of
        right photos of rare views kept; NaN where unknown), these shares with _low, _high by
        `share_by_landmark`; n_noise, n_other, n_rare; left_out, "" or why nothing was measured: then all
        numbers are NaN, and the way stands last.
    Raises:
        InputError: no wrong photo, or no other, among those judged.
    """
    rows = known.judged
    wrong, landmark = known.is_wrong[rows], known.landmark[rows].astype(object)
    if not wrong.any() or wrong.all():
        raise InputError(
            f"a league of cleaners needs wrong and other photos; got {int(wrong.sum())} wrong of "
            f"{len(wrong)}. Give a folder with injected_noise.csv."
        )
    columns = [scores[way].to_numpy()[rows] for way in scores]

    def of_sample(sample: np.ndarray) -> np.ndarray:
        drawn = wrong[sample]
        if not drawn.any() or drawn.all():
            return np.full(3 * len(columns), np.nan)
        areas = np.array([auroc(score[sample], drawn) for score in columns])
        precisions = np.array([average_precision(score[sample], drawn) for score in columns])
        return np.concatenate([areas, precisions, areas - areas[0]])

    value = of_sample(np.arange(len(wrong)))
    low, high = bootstrap_by_landmark(of_sample, landmark, n_resamples)
    table = pd.DataFrame({"way": list(scores)})
    for i, key in enumerate(("auroc", "ap", "gain")):
        part = slice(i * len(columns), (i + 1) * len(columns))
        table[key], table[f"{key}_low"], table[f"{key}_high"] = value[part], low[part], high[part]
    rare = None if known.is_rare_view is None else known.is_rare_view[rows]
    verdicts = [_verdicts(score, wrong, rare, landmark, n_resamples) for score in columns]
    table = pd.concat([table, pd.DataFrame(verdicts)], axis=1).assign(left_out="")
    return _with_left_out(table, reasons or {})


def _with_left_out(table: pd.DataFrame, reasons: Mapping[str, str]) -> pd.DataFrame:
    """The table with a row for each way that was left out: its name, the reason, and NaN."""
    if not reasons:
        return table
    rows = pd.DataFrame({"way": list(reasons), "left_out": list(reasons.values())})
    counts = {key: table[key].iloc[0] for key in ("n_noise", "n_other", "n_rare")}
    numbers = dict.fromkeys(table.columns.drop([*rows, *counts]), np.nan)
    return pd.concat([table, rows.assign(**numbers, **counts)[table.columns]], ignore_index=True)


def average_precision(score: Float[np.ndarray, " N"], is_wrong: Bool[np.ndarray, " N"]) -> float:
    """Mean over the wrong photos of the share of wrong photos among those scored at least as high, (0, 1].

    scikit-learn's number; written out, because a bootstrap asks for it thousands of times.
    """
    order = np.argsort(-score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)  # of each equal score
    found = np.cumsum(is_wrong[order])[last]
    return float((np.diff(found, prepend=0) * found / (last + 1)).sum() / is_wrong.sum())


def noise_dropped_at(score: Float[np.ndarray, " N"], wrong: Bool[np.ndarray, " N"], others: float) -> float:
    """Share of wrong photos dropped where at most the share `others` of the other photos is, [0, 1]."""
    ranked = np.sort(score[~wrong])[::-1]
    n_lost = int(np.floor(others * len(ranked)))
    threshold = ranked[n_lost] if n_lost < len(ranked) else -np.inf  # dropped above it
    return float((score[wrong] > threshold).mean())


def _verdicts(score, wrong, rare: np.ndarray | None, landmark: np.ndarray, n_resamples: int) -> dict:
    """Shares at the way's own threshold, each with its interval."""
    dropped = score > 0
    rare = np.zeros_like(wrong) if rare is None else rare
    shares = {
        "noise_dropped": (dropped, wrong),
        "other_dropped": (dropped, ~wrong),
        "rare_kept": (~dropped, rare),
    }
    found: dict = {}
    for key, (hit, among) in shares.items():
        found |= dict.fromkeys((key, f"{key}_low", f"{key}_high"), np.nan)
        if among.any():
            low, high = share_by_landmark(hit[among], landmark[among], n_resamples)
            found |= {key: float(hit[among].mean()), f"{key}_low": low, f"{key}_high": high}
    found["noise_dropped_at_10pct"] = noise_dropped_at(score, wrong, OTHERS_DROPPED)
    return found | {"n_noise": int(wrong.sum()), "n_other": int((~wrong).sum()), "n_rare": int(rare.sum())}


def league_by_kind(scores: pd.DataFrame, known: KnownDirt, n_resamples: int = 100) -> pd.DataFrame:
    """AUROC of each way for each kind of dirt against all right photos.

    Returns:
        way, kind, n (wrong photos), auroc with low, high (95 %, bootstrap by landmark).
    Raises:
        InputError: the kinds are unknown.
    """
    if known.kind is None:
        raise InputError("the kinds of dirt are unknown here: only a drawn world lists them.")
    rows = []
    for kind in sorted(set(known.kind) - {""}):
        use = known.judged & np.isin(known.kind, ["", kind])
        wrong, landmark = known.is_wrong[use], known.landmark[use].astype(object)
        columns = [scores[way].to_numpy()[use] for way in scores]

        def of_sample(sample, wrong=wrong, columns=columns) -> np.ndarray:
            drawn = wrong[sample]
            if not drawn.any() or drawn.all():
                return np.full(len(columns), np.nan)
            return np.array([auroc(score[sample], drawn) for score in columns])

        value = of_sample(np.arange(len(wrong)))
        low, high = bootstrap_by_landmark(of_sample, landmark, n_resamples)
        facts = {"kind": kind, "n": int(wrong.sum())}
        rows += [
            {"way": way, **facts, "auroc": value[i], "low": low[i], "high": high[i]}
            for i, way in enumerate(scores)
        ]
    return pd.DataFrame(rows, columns=["way", "kind", "n", "auroc", "low", "high"])


def reference_cost(
    inputs: CleaningInputs,
    known: KnownDirt,
    pools: Mapping[int, Sequence[int]],
    counts: Sequence[int] = (1, 3, 5, 10),
    summaries: Sequence[str] = ("mean", "min", "soft_min"),
    n_draws: int = 3,
    seed: int = 0,
) -> pd.DataFrame:
    """What one more reference buys: AUROC by references per landmark.

    Every draw picks `count` references of each landmark from its pool. All counts are measured on the same
    photos, those in no pool, so that a longer list is not praised for judging itself.

    Args:
        pools: landmark (0..C-1) -> rows of `inputs` that may be its references; every landmark needs one.
            Counts that no landmark's pool can fill are left out; where some pools are smaller, all they
            have is taken.
        counts: references per landmark.
        n_draws: of the references, averaged.
    Returns:
        summary, count, mean_count (references really used), auroc with low, high (95 %, bootstrap by landmark
        of the mean over the draws), n_noise, n_other.
    """
    check_count(n_draws, "n_draws")
    rng = np.random.default_rng(seed)
    orders = [{c: rng.permutation(pools[c]) for c in range(len(inputs.references))} for _ in range(n_draws)]
    in_pool = np.zeros(len(inputs.column), dtype=bool)
    in_pool[np.concatenate([np.asarray(rows, dtype=int) for rows in pools.values()])] = True
    use = ~in_pool
    wrong, landmark = known.is_wrong[use], known.landmark[use].astype(object)
    largest = max(len(rows) for rows in pools.values())
    rows = []
    for summary in summaries:
        for count in [n for n in counts if n <= largest]:
            scores = []
            for order in orders:
                drawn = tuple(inputs.vectors[order[c][:count]] for c in range(len(inputs.references)))
                table = rivals.reference_distances(replace(inputs, references=drawn), summary)
                scores.append(table[np.arange(len(table)), inputs.column][use])

            def of_sample(sample, scores=scores) -> float:
                drawn = wrong[sample]
                if not drawn.any() or drawn.all():
                    return np.nan
                return float(np.mean([auroc(score[sample], drawn) for score in scores]))

            low, high = bootstrap_by_landmark(of_sample, landmark, n_resamples=100)
            used = float(np.mean([min(count, len(pool)) for pool in pools.values()]))
            facts = {"summary": summary, "count": count, "mean_count": used}
            area = {"auroc": of_sample(np.arange(len(wrong))), "low": float(low[0]), "high": float(high[0])}
            rows.append(facts | area | {"n_noise": int(wrong.sum()), "n_other": int((~wrong).sum())})
    return pd.DataFrame(rows)
