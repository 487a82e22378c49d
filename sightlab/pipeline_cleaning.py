"""Evidence behind notebook 02: cleaners against each other on the stored embeddings of a workbench.

    league = pipeline_cleaning.cleaners(bench)      # every way, with intervals
    cost = pipeline_cleaning.cost(bench)            # what one more reference buys

Everything is judged by the network that has learned nothing, as in the first cleaning of a run. The known
wrong photos measure; no cleaner is given them. Tables are kept in the workspace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.checks import InputError
from sightlab.data.corrections import FIELDS, GATHERED, read_corrections
from sightlab.evaluation.cleaning import needs_references
from sightlab.evaluation.cleaning_study import (
    ARTICLE,
    OURS,
    KnownDirt,
    cleaning_league,
    league_by_kind,
    left_out,
    reference_cost,
    suspicions,
    ways_to_clean,
)
from sightlab.learning.cleaning_rivals import CleaningInputs
from sightlab.learning.curriculum import landmark_train_photos
from sightlab.learning.proposals import beside_cleaning, proposals
from sightlab.pipeline_truth import dirt_of, has_truth, truth_of
from sightlab.workspace import artefact_key

if TYPE_CHECKING:
    from sightlab.pipeline import Workbench

VERSION = 2
LEAGUE_VERSION = 3
RARE_VIEW = 0.15  # a view with a smaller share of its landmark's right photos is rare
POOL = 10  # most references of a landmark that the cost study draws from


def obstacle(bench: Workbench) -> str:
    """Why cleaners cannot be compared here, in a sentence; "" where they can."""
    if not bench.known_noise:
        return "No wrong photo is known: the folder of photos has no injected_noise.csv."
    photos, references = _judged_photos(bench)
    n_landmarks = photos["landmark_id"].nunique()
    if n_landmarks < 2:
        return (
            f"Comparing cleaners takes two landmarks with a readable reference; {n_landmarks} has one here."
        )
    judged = photos.loc[~photos["photo_id"].isin(references["photo_id"]), "photo_id"]
    n_wrong = int(judged.isin(bench.known_noise).sum())
    if n_wrong in (0, len(judged)):
        return (
            f"Comparing cleaners takes wrong and other photos; {n_wrong} of {len(judged)} judged are wrong."
        )
    return ""


def _judged_photos(bench: Workbench) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train photos of the landmarks that have readable references, and these references."""
    manifest, table = landmark_train_photos(bench.manifest), bench.initial_table
    references = bench.manifest.references
    references = references[np.array([p in table for p in references["photo_id"]], dtype=bool)]
    has_references = manifest.photos["landmark_id"].isin(references["landmark_id"])
    return manifest.photos[has_references].reset_index(drop=True), references


def cleaning_case(bench: Workbench) -> tuple[CleaningInputs, KnownDirt, pd.DataFrame, str]:
    """Train photos of landmarks with their references; what is known of them; their rows; and a key.

    Raises:
        InputError: cleaners cannot be compared here, see `obstacle`.
    """
    why = obstacle(bench)
    if why:
        raise InputError(f"cleaners cannot be compared on {bench.photos}. {why}")
    table = bench.initial_table
    photos, references = _judged_photos(bench)
    ids = sorted(set(photos["landmark_id"]))
    column = photos["landmark_id"].map({landmark: c for c, landmark in enumerate(ids)}).to_numpy(dtype=int)
    own = references.groupby("landmark_id")["photo_id"].apply(list)
    is_reference = photos["photo_id"].isin(references["photo_id"]).to_numpy()
    inputs = CleaningInputs(
        table.rows(photos["photo_id"].tolist()),
        column,
        tuple(table.rows(own[landmark]) for landmark in ids),
        is_reference,
    )
    known = KnownDirt(
        landmark=photos["landmark_id"].to_numpy(dtype=object),
        is_wrong=photos["photo_id"].isin(bench.known_noise).to_numpy(),
        is_reference=is_reference,
        **_drawn_truth(bench, photos),
    )
    return inputs, known, photos, table.key


def scores(bench: Workbench) -> pd.DataFrame:
    """How suspect every train photo is, a column for each way to clean, see `suspicions`."""
    inputs, known, _, key = cleaning_case(bench)
    return bench.workspace.table(
        "cleaning_scores",
        VERSION,
        [len(known.landmark)],
        [key, bench.manifest.key],
        lambda: suspicions(ways_to_clean(inputs), inputs),
    )


def known_key(known: KnownDirt, photos: pd.DataFrame) -> str:
    """A key of what is known of these photos: which are wrong, of which kind, which are of rare views."""
    facts = {
        "photos": photos["photo_id"].tolist(),
        "is_wrong": known.is_wrong.tolist(),
        "is_reference": known.is_reference.tolist(),
        "kind": None if known.kind is None else known.kind.tolist(),
        "is_rare_view": None if known.is_rare_view is None else known.is_rare_view.tolist(),
    }
    return artefact_key("known_dirt", VERSION, facts, [])


def cleaners(bench: Workbench) -> pd.DataFrame:
    """Every way to clean, see `cleaning_league`."""
    inputs, known, photos, _ = cleaning_case(bench)
    found, reasons = scores(bench), left_out(inputs)
    keys = [found.attrs["key"], known_key(known, photos)]
    return bench.workspace.table(
        "cleaning_league", LEAGUE_VERSION, [], keys, lambda: cleaning_league(found, known, reasons=reasons)
    )


def cleaners_by_kind(bench: Workbench) -> pd.DataFrame:
    """The same by kind of dirt, see `league_by_kind`; empty on photographs, whose dirt has no known kind."""
    if not has_truth(bench):
        return pd.DataFrame(columns=["way", "kind", "n", "auroc", "low", "high"])
    _, known, photos, _ = cleaning_case(bench)
    found = scores(bench)
    inputs = [found.attrs["key"], known_key(known, photos)]
    return bench.workspace.table(
        "cleaning_by_kind", VERSION, [], inputs, lambda: league_by_kind(found, known)
    )


def cost(bench: Workbench) -> pd.DataFrame:
    """AUROC by references per landmark, see `reference_cost`.

    On a drawn world references are drawn from the right photos, half of a landmark's at most; on photographs
    only from those that somebody picked by hand.
    """
    inputs, known, photos, key = cleaning_case(bench)
    pools = _pools(inputs, known, has_truth(bench))
    return bench.workspace.table(
        "cleaning_cost",
        VERSION,
        {str(c): rows for c, rows in pools.items()},
        [key, bench.manifest.key, known_key(known, photos)],
        lambda: reference_cost(inputs, known, pools),
    )


def before_and_after(bench: Workbench, cleaned: pd.DataFrame) -> pd.DataFrame:
    """Each landmark before and after cleaning, the dirtiest first.

    Returns:
        landmark_id, photos, wrong (known), dropped, wrong_left, right_lost, dirt_before, dirt_after (shares).
    """
    wrong = cleaned["photo_id"].isin(bench.known_noise)
    table = pd.DataFrame(
        {
            "landmark_id": cleaned["landmark_id"],
            "photos": 1,
            "wrong": wrong,
            "dropped": ~cleaned["keep"],
            "wrong_left": wrong & cleaned["keep"],
            "right_lost": ~wrong & ~cleaned["keep"],
        }
    )
    table = table.groupby("landmark_id", as_index=False).sum()
    table["dirt_before"] = table["wrong"] / table["photos"]
    table["dirt_after"] = table["wrong_left"] / (table["photos"] - table["dropped"]).clip(lower=1)
    order = ["dirt_before", "landmark_id"]
    return table.sort_values(order, ascending=[False, True], ignore_index=True)


def needy(bench: Workbench, cleaned: pd.DataFrame) -> pd.DataFrame:
    """Landmarks that a cleaning could not judge or left almost nothing of, see `needs_references`."""
    return needs_references(cleaned, bench.manifest.landmarks, set(bench.manifest.references["photo_id"]))


def said_by_people(bench: Workbench, cleaned: pd.DataFrame) -> pd.DataFrame:
    """Corrections that `sightlab corrections` gathered in the workspace, as proposals beside the cleaning.

    Args:
        cleaned: verdicts of a cleaning.
    Returns:
        As `beside_cleaning`; without rows where nobody corrected anything. Nothing is changed by it.
    Raises:
        InputError: a line of the file is no correction: it is named.
    """
    path = bench.workspace.root / GATHERED
    said = read_corrections(path) if path.is_file() else pd.DataFrame(columns=list(FIELDS))
    return beside_cleaning(proposals(said, bench.manifest), cleaned)


def _drawn_truth(bench: Workbench, photos: pd.DataFrame) -> dict:
    if not has_truth(bench):
        return {}
    kinds = dirt_of(bench).set_index("photo_id")["kind"]
    kind = photos["photo_id"].map(kinds).fillna("").to_numpy(dtype=object)
    view = photos["photo_id"].map(truth_of(bench).set_index("photo_id")["view"])
    right = photos.assign(view=view)[kind == ""]
    counts = right.groupby(["landmark_id", "view"])["photo_id"].transform("size")
    share = counts / right.groupby("landmark_id")["photo_id"].transform("size")
    is_rare = (share < RARE_VIEW).reindex(photos.index, fill_value=False).to_numpy()
    return {"kind": kind, "is_rare_view": is_rare}


def _pools(inputs: CleaningInputs, known: KnownDirt, drawn: bool) -> dict[int, list[int]]:
    pools = {}
    rng = np.random.default_rng(0)
    for c in range(len(inputs.references)):
        picked = np.flatnonzero((inputs.column == c) & known.is_reference)
        right = rng.permutation(np.flatnonzero((inputs.column == c) & ~known.is_wrong & ~known.is_reference))
        room = max(0, min(POOL, (len(right) + len(picked)) // 2) - len(picked)) if drawn else 0
        pools[c] = sorted([*picked.tolist(), *right[:room].tolist()])
    return pools


def league_numbers(league: pd.DataFrame) -> dict[str, float]:
    """Flat results of `cleaners`: the article's way and the one in use, and the gain of the second look."""
    if league.empty:
        return {}
    rows, numbers = league.set_index("way"), {}
    for name, way in (("article", ARTICLE), ("second_look", OURS)):
        numbers[f"league_auroc_{name}"] = rows["auroc"][way]
        numbers[f"league_noise_dropped_at_10pct_{name}"] = rows["noise_dropped_at_10pct"][way]
    ends = {"": "gain", "_low": "gain_low", "_high": "gain_high"}
    return numbers | {f"second_look_gain_auroc{end}": rows[column][OURS] for end, column in ends.items()}


def quality_words(numbers: dict) -> str:
    """How right a cleaning was, of `Workbench.cleaning_numbers`, in a sentence."""
    unjudged = ""
    if numbers["n_unjudged"]:
        unjudged = (
            f" {numbers['n_unjudged']:,} more photos, of landmarks without a readable reference, were kept "
            "unjudged and count nowhere here."
        )
    if numbers["cleaning_auroc"] is None:
        return f"No photo judged is known to be wrong, so how right this is remains open.{unjudged}"
    low, high = numbers["cleaning_auroc_low"], numbers["cleaning_auroc_high"]
    return (
        f"Against {numbers['n_noise']} known wrong photos the distance has an AUROC of "
        f"{numbers['cleaning_auroc']:.3f} ({low:.3f} to {high:.3f}); at the threshold "
        f"{_share(numbers, 'noise_dropped')} of them are dropped, and {_share(numbers, 'clean_dropped')} of "
        f"the other photos that are no references (bootstrap by landmark).{unjudged}"
    )


def _share(numbers: dict, key: str) -> str:
    return f"{numbers[key]:.1%} ({numbers[f'{key}_low']:.1%} to {numbers[f'{key}_high']:.1%})"


def left_out_words(league: pd.DataFrame) -> str:
    """Which cleaners of `cleaners` were left out and why, in a sentence; "" for none."""
    if league.empty or not league["left_out"].any():
        return ""
    rows = league[league["left_out"] != ""]
    told = (f"{way}, because {why}" for way, why in zip(rows["way"], rows["left_out"], strict=True))
    return f"Left out: {'; '.join(told)}."


def kinds_words(by_kind: pd.DataFrame) -> str:
    """Which kind of dirt the cleaner in use finds worst and best, of `cleaners_by_kind`, in a sentence."""
    own = by_kind[by_kind["way"] == OURS].sort_values(["auroc", "kind"])
    if own.empty:
        return "Of what kind the dirt is, nobody knows here."
    told = [
        f"{row.kind.replace('_', ' ')} {row.auroc:.3f} ({row.low:.3f} to {row.high:.3f})"
        for row in own.iloc[[0, -1]].itertuples()
    ]
    return f"Hardest to find is {told[0]}, easiest {told[1]}."
