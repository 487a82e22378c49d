"""The control: other local features verify the very candidates that DELF's votes brought.

    found = control(rival, "test", "aliked", n=60)    # a table of candidates, like `Rival.compared`
    control_rows(rival, "test", {"aliked": 60})      # beside DELF on the same photos

Votes, the first candidates, score and rate are those of DELF; only features and matching are exchanged. If
features taught by others for this very purpose do no better, the photos are the reason for what DELF misses;
if they do much better, the features of DELF are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.data.manifest import NON_LANDMARK
from sightlab.delf.candidates import as_table, candidate_of
from sightlab.delf.learned import LocalMatcher
from sightlab.evaluation.intervals import mcnemar_exact, wilson
from sightlab.evaluation.metrics import auroc
from sightlab.pipeline_delf_diagnosis import at_fpr
from sightlab.pipeline_delf_hybrid import KEYPOINTS, KEYS, LEAST_SIDE, features_by
from sightlab.workspace import artefact_key

if TYPE_CHECKING:
    from sightlab.pipeline_delf import Rival

VERSION = 1
PART = 10  # landmark photos, and as many distractors, that are stored together: what a kill can cost
CANDIDATES = 5  # of DELF's, those with most votes: a pair costs ALIKED with LightGlue a tenth of a second
NAMES = {"sift": "SIFT", "xfeat": "XFeat", "aliked": "ALIKED + LightGlue"}
COLUMNS = (
    *("system", "n_landmark", "n_distractor", *KEYS),
    *("right_first", "right_first_low", "right_first_high", "among_candidates", "pair_auroc"),
    *("only_delf", "only_other", "p"),
)


def control_queries(rival: Rival, split: str, n: int) -> pd.DataFrame:
    """Rows of the manifest: n of the rival's landmark queries and n of its distractors, in whole parts.

    More are the same and further ones, so that what is stored stays of use.
    """
    n = -(-n // PART) * PART
    queries, seed = rival.queries(split), rival.settings.seed
    is_landmark = (queries["landmark_id"] != NON_LANDMARK).to_numpy()
    order = [np.random.default_rng(seed).permutation(np.flatnonzero(x)) for x in (is_landmark, ~is_landmark)]
    n = min(n, *(len(rows) for rows in order))
    parts = [rows[start : min(start + PART, n)] for start in range(0, n, PART) for rows in order]
    return queries.iloc[np.concatenate(parts)].reset_index(drop=True)


def control(rival: Rival, split: str, kind: str, n: int) -> pd.DataFrame:
    """Every candidate of some queries, verified by another kind of local features; stored part by part.

    Args:
        kind: of `learned.KINDS`.
        n: landmark queries, and as many distractors; rounded up to whole parts.
    Returns:
        As `Rival.compared`, the first `CANDIDATES` of a query.
    """
    queries = control_queries(rival, split, n)
    shortlists = _shortlists(rival, split)
    matcher = LocalMatcher(kind, KEYPOINTS, LEAST_SIDE)
    features = features_by(rival, matcher)
    parts = []
    for start in range(0, len(queries), 2 * PART):
        ids = queries["photo_id"][start : start + 2 * PART].tolist()
        parts.append(_part(rival, kind, ids, shortlists, matcher, features))
    return pd.concat(parts, ignore_index=True)


def _shortlists(rival: Rival, split: str) -> pd.DataFrame:
    """The candidates with most votes, and what DELF's own geometry says of them."""
    whole = rival.compared(rival.queries(split), split)
    first = whole.groupby("photo", sort=False).head(CANDIDATES).reset_index(drop=True)
    first.attrs["key"] = whole.attrs["key"]
    return first


def stored_control(rival: Rival, split: str) -> dict[str, int]:
    """Kind -> with how many landmark queries the workspace holds it; nothing is computed."""
    most = len(rival.queries(split))
    found = {kind: _stored(rival, split, kind, most) for kind in NAMES}
    return {kind: n for kind, n in found.items() if n}


def _stored(rival: Rival, split: str, kind: str, most: int) -> int:
    """Landmark queries of the parts that are stored without a gap."""
    queries = control_queries(rival, split, most)
    key = rival.compared(rival.queries(split), split).attrs["key"]
    n = 0
    for start in range(0, len(queries), 2 * PART):
        part = queries[start : start + 2 * PART]
        if not rival.bench.workspace.has("delf_control", _key(kind, part["photo_id"].tolist(), key)):
            break
        n += int((part["landmark_id"] != NON_LANDMARK).sum())
    return n


def _settings(kind: str, ids: list[str]) -> dict:
    how = {"candidates": CANDIDATES, "keypoints": KEYPOINTS, "least_side": LEAST_SIDE}
    return {"kind": kind, "queries": ids} | how


def _key(kind: str, ids: list[str], shortlists_key: str) -> str:
    return artefact_key("delf_control", VERSION, _settings(kind, ids), [shortlists_key])


def _part(
    rival: Rival, kind: str, ids: list[str], shortlists: pd.DataFrame, matcher, features
) -> pd.DataFrame:
    def verify_all() -> pd.DataFrame:
        from tqdm.auto import tqdm

        own = dict(iter(shortlists[shortlists["photo"].isin(ids)].groupby("photo", sort=False)))
        return pd.concat(
            [
                _verified(rival, own[photo], matcher, features)
                for photo in tqdm(ids, desc=f"{kind} on candidates")
            ],
            ignore_index=True,
        )

    inputs = [shortlists.attrs["key"]]
    settings = _settings(kind, ids)
    return rival.bench.workspace.table("delf_control", VERSION, settings, inputs, verify_all)


def _verified(rival: Rival, shortlist: pd.DataFrame, matcher, features) -> pd.DataFrame:
    """One query: its candidates in their order, with the inliers of other features."""
    photo = shortlist["photo"].iloc[0]
    query = features(photo)
    found = []
    for row, votes in zip(shortlist["row"], shortlist["n_votes"], strict=True):
        if row < 0:
            return shortlist.copy()
        other = features(rival.database.photo_ids[row])
        found.append(candidate_of(int(row), int(votes), matcher.verify(query, other), query, other))
    return as_table(found).assign(photo=photo, n_keypoints=len(query), note="")


def control_rows(rival: Rival, split: str, asked: Mapping[str, int]) -> pd.DataFrame:
    """DELF and other features on the same candidates of the same queries: two rows a kind.

    Args:
        asked: kind -> landmark queries, and as many distractors; the rate of 1 % is read off the latter, so
            with fewer than 100 none of them may pass.
    Returns:
        The columns of `COLUMNS`: right_first (share of landmark photos whose landmark has the highest score,
        whatever the threshold) and among_candidates (what votes leave to be found) say where the ceiling is;
        pair_auroc: inliers of candidates of the right landmark against all others; only_delf, only_other, p:
        photos that one alone gets right at FPR 1 %, exact McNemar. Intervals are Wilson's.
    """
    whole = _shortlists(rival, split)
    rows = []
    for kind, n in asked.items():
        queries = control_queries(rival, split, n)
        facts, first = _row(rival, queries, whole[whole["photo"].isin(queries["photo_id"])])
        rows.append({"system": f"DELF, the {len(queries)} photos below"} | facts)
        facts, right = _row(rival, queries, control(rival, split, kind, n))
        only = int((first & ~right).sum()), int((right & ~first).sum())
        compared = {"only_delf": only[0], "only_other": only[1], "p": mcnemar_exact(*only)}
        rows.append({"system": f"{NAMES[kind]} on its candidates"} | facts | compared)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(rival: Rival, queries: pd.DataFrame, table: pd.DataFrame) -> tuple[dict, np.ndarray]:
    answers = rival.untuned.answers(queries["photo_id"].tolist(), table)
    truth, best = (x.to_numpy(dtype=object) for x in (queries["landmark_id"], answers["best_landmark_id"]))
    is_landmark, is_right = truth != NON_LANDMARK, best == truth
    point = at_fpr(answers, queries)
    low, high = wilson(point.k, point.n)
    found = table[table["row"] >= 0]
    landmarks = rival.untuned.landmark_ids[found["row"].to_numpy()]
    is_own = landmarks == queries.set_index("photo_id")["landmark_id"].loc[found["photo"]].to_numpy()
    own = set(found.loc[is_own, "photo"])
    n = int(is_landmark.sum())
    k = int((is_right & is_landmark).sum())
    first_low, first_high = wilson(k, n)
    facts = {
        "n_landmark": n,
        "n_distractor": int((~is_landmark).sum()),
        **dict(zip(KEYS, (point.sensitivity, low, high), strict=True)),
        "right_first": k / n,
        "right_first_low": first_low,
        "right_first_high": first_high,
        "among_candidates": len(own) / n,
        "pair_auroc": auroc(found["n_inliers"].to_numpy(dtype=float), is_own),
    }
    passed = answers["similarity"].to_numpy(dtype=float) > point.threshold
    return facts, (is_right & passed & is_landmark)[is_landmark]


def rows_to_show(rival: Rival, asked: Mapping[str, int], split: str = "test") -> pd.DataFrame | None:
    """`control_rows` of what is asked for and what is stored, the larger of the two; None: neither."""
    found = stored_control(rival, split)
    kinds = [kind for kind in NAMES if kind in found or kind in asked]
    wanted = {kind: max(found.get(kind, 0), asked.get(kind, 0)) for kind in kinds}
    return control_rows(rival, split, wanted) if wanted else None


def in_words(rows: pd.DataFrame | None) -> str:
    """A sentence for each kind of features, or none."""
    records = [] if rows is None else rows.to_dict("records")
    return "".join(
        f"{other['system']}: {other[KEYS[0]]:.1%} where DELF has {delf[KEYS[0]]:.1%} ({delf['n_landmark']} "
        f"landmark photos, p = {other['p']:.2g}). "
        for delf, other in zip(records[::2], records[1::2], strict=True)
    )


def control_numbers(rows: pd.DataFrame | None) -> dict[str, float]:
    """Flat results: control_<kind>_<key>, and control_<kind>_delf_<key> of DELF on the same queries."""
    if rows is None:
        return {}
    kinds = {f"{name} on its candidates": kind for kind, name in NAMES.items()}
    records, numbers = rows.to_dict("records"), {}
    for delf, other in zip(records[::2], records[1::2], strict=True):
        prefix = f"control_{kinds[other['system']]}_"
        numbers |= {prefix + key: float(other[key]) for key in COLUMNS[1:]}
        numbers |= {f"{prefix}delf_{key}": float(delf[key]) for key in COLUMNS[3:-3]}
    return numbers
