"""Evidence behind the choices of notebooks 06 and 07, from the stored embeddings of a workbench.

    studies.scores(bench, "tune")      # ways to score a photo: what the one in use is chosen from

Nothing here computes an embedding of its own. Choices are made on tune; `split="test"` is for reporting.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sightlab.data.drawn.making.tables import visible_landmarks
from sightlab.data.manifest import NON_LANDMARK
from sightlab.evaluation.compare import Comparison, compare
from sightlab.evaluation.protocol import PREVALENCES, Evaluation, evaluate
from sightlab.evaluation.reliability import ISOTONIC, calibration_error, reliability, scales_tried
from sightlab.evaluation.score_study import StudyInputs, league, tried_scores
from sightlab.evaluation.several_study import several_named
from sightlab.evaluation.view_study import (
    BY_CENTROID,
    BY_TRUTH,
    ONE,
    SEVERAL,
    cut_study,
    minority_true_view,
    minority_view,
    summaries,
)
from sightlab.nets.embedding import EmbeddingTable
from sightlab.pipeline_truth import has_truth, known_views, truth_of
from sightlab.recognition.calibration import choose_probability
from sightlab.recognition.probability import PREVALENCE
from sightlab.recognition.similarity import PLAIN
from sightlab.recognition.trees import MAX_SAMPLE, CentroidConfig, by_landmark, linkage_of, sample_for_tree
from sightlab.views.projection import UmapConfig, umap_coordinates
from sightlab.workspace import artefact_key

if TYPE_CHECKING:
    from sightlab.pipeline import Workbench

LEADS = (0.02, 0.05, 0.09, 0.12)  # share of right matches that the lead may reject
LOST = (1.0, 0.0, 0.01, 0.05, 0.1)  # share of right matches that verification may reject; 1: no verification


def scores(bench: Workbench, split: str, n_resamples: int = 300) -> pd.DataFrame:
    """Ways to score a photo against each other, see `evaluation.score_study.league`."""
    truth, vectors = _photos(bench, split)
    kept = bench.kept()
    rows = bench.network.classifier.weight.detach().cpu().numpy()
    rows = np.pad(rows, ((0, 0), (0, vectors.shape[1] - rows.shape[1])))  # it sees no whitened features
    inputs = StudyInputs(
        vectors=vectors,
        search=bench.search(),
        train_vectors=bench.table.rows(kept["photo_id"]),
        train_landmarks=kept["landmark_id"].to_numpy(dtype=object),
        classifier=dict(zip(bench.network.class_ids, rows, strict=True)),
    )
    return league(tried_scores(inputs), truth, n_resamples=n_resamples)


def views(bench: Workbench, split: str, n_resamples: int = 300) -> pd.DataFrame:
    """Ways to stand for a landmark against each other, with columns for photos of minority views.

    `minority_by` says what those are told by: in a drawn world by the view that each photo was taken as, so
    no way is favored; on photographs by the centroids in use, which favors these.
    """
    truth, vectors = _photos(bench, split)
    found = summaries(bench.table, bench.kept(), bench.gallery, vectors)
    table = league(found, truth, reference=SEVERAL, n_resamples=n_resamples)
    minority_by, minority = _minority(bench, split)
    right = [
        (found[way].best == truth)[minority].mean() if minority.any() else np.nan for way in table["way"]
    ]
    return table.assign(minority_by=minority_by, n_minority=int(minority.sum()), closed_set_minority=right)


def _minority(bench: Workbench, split: str) -> tuple[str, np.ndarray]:
    """What minority views are told by, and which photos of a split show one."""
    truth, vectors = _photos(bench, split)
    if not has_truth(bench):
        return BY_CENTROID, minority_view(bench.gallery, vectors, truth)
    kept = bench.kept()
    asked = known_views(bench, bench.manifest.split(split).photos["photo_id"])
    train = known_views(bench, kept["photo_id"])
    return BY_TRUTH, minority_true_view(asked, truth, train, kept["landmark_id"].to_numpy(dtype=object))


def worth_numbers(ways: pd.DataFrame) -> dict[str, float]:
    """What several centroids gain over one mean, of `views` on tune; p: exact McNemar, Holm over all rows.

    The number of photos of minority views is named by what they are told by.
    """
    rows = ways.set_index("way")
    one, several = rows.loc[ONE], rows.loc[SEVERAL]
    minority = "n_minority_true_view_tune" if several["minority_by"] == BY_TRUTH else "n_minority_tune"
    return {
        "several_centroids_gain_at_fpr_1pct": float(-one["difference_1pct"]),
        "several_centroids_p_holm_at_fpr_1pct": float(one["p_holm_1pct"]),
        minority: int(several["n_minority"]),
    }


def worth_words(numbers: dict) -> str:
    """What `worth_numbers` found, in a sentence."""
    gain, p = (numbers[f"several_centroids_{key}_at_fpr_1pct"] for key in ("gain", "p_holm"))
    told = (
        f"Against one mean per landmark several centroids find {100 * gain:+.1f} points more at FPR 1 % of "
        f"tune (McNemar with Holm, p = {p:.2g})"
    )
    return f"{told}, a difference that chance explains." if p >= 0.05 else f"{told}."


def tree(bench: Workbench, landmark_id: str, max_sample: int = MAX_SAMPLE) -> np.ndarray:
    """The tree of one landmark as the gallery builds it: of a seeded sample where it has very many photos.

    Returns:
        (merges, 4), `linkage_of`.
    """
    kept = bench.kept()
    (_, _, own), *_ = by_landmark(bench.table, kept[kept["landmark_id"] == landmark_id])
    sample, _ = sample_for_tree(len(own), bench.min_photos, max_sample, CentroidConfig().seed)
    return linkage_of(own[sample])


def cuts(bench: Workbench, n: int = 41) -> pd.DataFrame:
    """What the linkage cut does, on tune; with the cut in use among the rows."""
    truth, vectors = _photos(bench, "tune")
    values = np.unique(np.append(np.linspace(0.3, 1.5, n), bench.cut[0]))
    return cut_study(bench.table, bench.kept(), vectors, truth, bench.min_photos, values.tolist())


def gates(bench: Workbench, split: str) -> pd.DataFrame:
    """What each gate of the decision does, at thresholds chosen on tune for each row.

    Returns:
        gate, setting, sensitivity, confusion_rate, fpr with intervals, and `promise`: the plain rule of the
        article; the similarity in use without lead; the lead from weak to strict, verification from none to
        strict; coordinates.
    """
    fpr, search = bench.profile.fpr, bench.search()
    plain = bench.search(PLAIN)
    rows = []

    def add(gate: str, setting: str, recognizer, use_gps: bool = False) -> None:
        rows.append({"gate": gate, "setting": setting} | _rates(bench, split, recognizer, use_gps))

    add("article", "cosine", bench.plain_recognizer)
    add("similarity", "no lead", bench.with_thresholds(search, bench.choose(fpr, search, to_lead=0)))
    for lost in LEADS:
        chosen = bench.with_thresholds(search, bench.choose(fpr, search, to_lead=lost))
        add("lead", f"loses <= {100 * lost:g} %", chosen)
    for lost in LOST:
        words = "off" if lost == 1 else f"loses <= {100 * lost:g} %"
        add("verification", words, bench.with_thresholds(search, bench.choose(fpr, search, lost)))
    for lost in (1.0, 0.01, 0.1):
        words = "off" if lost == 1 else f"loses <= {100 * lost:g} %"
        chosen = bench.with_thresholds(plain, bench.choose(fpr, plain, lost))
        add("article, verification", words, chosen)
    add("article", "with coordinates", bench.plain_recognizer, True)
    add("whole decision", "with coordinates", bench.recognizer, True)
    return pd.DataFrame(rows)


def against_article(bench: Workbench, whole: Evaluation) -> Comparison:
    """The decision in use against the article's rule, on test, photo by photo."""
    article = bench.evaluate(use_gps=False, recognizer=bench.plain_recognizer)
    return compare(article, whole, ("cosine (article)", "sightlab"))


def probabilities(bench: Workbench, split: str) -> pd.DataFrame:
    """Reliability at prevalences of 1, 2 and 3 %, of scales fitted on tune; `calibration_error` beside."""
    truth, vectors = _photos(bench, split)
    search, tables = bench.search(), []
    matches = search.match(vectors)
    is_landmark = truth != NON_LANDMARK
    is_right = is_landmark & (search.landmark_ids[matches.landmark[:, 0]] == truth)
    tune = bench.manifest.split("tune").photos
    for prevalence in PREVALENCES:
        scales = choose_probability(search, bench.table, tune, prevalence)
        if scales is not None:
            said = scales.world.of(matches.similarity[:, 0])
            table = reliability(said, is_right, is_landmark, prevalence)
            tables.append(table.assign(calibration_error=calibration_error(table)))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def scales(bench: Workbench) -> pd.DataFrame:
    """The scale in use and isotonic regression, on tune at `PREVALENCE`; see `reliability.scales_tried`."""
    truth, vectors = _photos(bench, "tune")
    search = bench.search()
    matches = search.match(vectors)
    is_right = search.landmark_ids[matches.landmark[:, 0]] == truth
    return scales_tried(matches.similarity[:, 0], is_right, truth, PREVALENCE)


def scale_numbers(table: pd.DataFrame) -> dict[str, float]:
    """Flat results of `scales`: calibration_error_tune, brier_tune, and of isotonic; {} if too few."""
    numbers = {}
    for row in table.itertuples():
        name = "isotonic_tune" if row.scale == ISOTONIC else "tune"
        numbers |= {f"calibration_error_{name}": row.calibration_error, f"brier_{name}": row.brier}
    return numbers


def _photos(bench: Workbench, split: str) -> tuple[np.ndarray, np.ndarray]:
    photos = bench.manifest.split(split).photos
    return photos["landmark_id"].to_numpy(dtype=object), bench.table.rows(photos["photo_id"])


def _rates(bench: Workbench, split: str, recognizer, use_gps: bool) -> dict:
    truth = bench.manifest.split(split).photos.assign(split="test")  # a study may look at tune; it says so
    found = evaluate(bench.recognize(split, use_gps, recognizer), truth, n_resamples=1).numbers
    keys = [
        f"{key}{end}" for key in ("sensitivity", "confusion_rate", "fpr") for end in ("", "_low", "_high")
    ]
    return {key: found[key] for key in keys} | {"promise": recognizer.thresholds.promise}


def landmark_plane(
    bench: Workbench, landmark_id: str, config: UmapConfig | None = None, n_distractors: int = 40
) -> tuple[pd.DataFrame, str]:
    """One landmark on a UMAP plane of its own, kept in the workspace.

    Args:
        landmark_id: whose train photos.
        config: of UMAP; None: as for the map of all.
        n_distractors: tune distractors that come nearest to a centroid of the landmark.
    Returns:
        photo_id, x, y, role (a key of `figures_centroids.ROLES`), centroids among them as photo_id
        "centroid 12"; and how the plane was made, in words.
    """
    config = config or UmapConfig()
    gallery, table = bench.gallery, bench.table
    rows = np.flatnonzero(gallery.landmark_ids == landmark_id)
    cleaned = bench.cleaned[bench.cleaned["landmark_id"] == landmark_id]
    roles = {
        p: "in no view" if keep else "dropped"
        for p, keep in zip(cleaned["photo_id"], cleaned["keep"], strict=True)
    }
    for row in rows:
        view = gallery[int(row)].view + 1
        roles |= dict.fromkeys(gallery[int(row)].members, f"view {view}" if view <= 3 else "further view")
    references = bench.manifest.references
    roles |= dict.fromkeys(references.loc[references["landmark_id"] == landmark_id, "photo_id"], "reference")
    tune = bench.manifest.split("tune")
    others = tune.photos["photo_id"].to_numpy()[~tune.is_landmark]
    near = (table.rows(others) @ gallery.vectors[rows].T).max(axis=1)
    roles |= dict.fromkeys(others[np.argsort(-near, kind="stable")[:n_distractors]], "distractor")
    roles = {photo_id: role for photo_id, role in roles.items() if photo_id in table}
    names = np.array([*roles, *(f"centroid {row}" for row in rows)])
    vectors = np.concatenate([table.rows(list(roles)), gallery.vectors[rows]])
    key = artefact_key("landmark_plane", 1, {"photos": names.tolist()}, [table.key])
    plane = umap_coordinates(EmbeddingTable(names, vectors, key), bench.workspace, config)
    plane["role"] = [*roles.values(), *["centroid"] * len(rows)]
    words = ", ".join(f"{name} {value:g}" for name, value in asdict(config).items())
    return plane, f"UMAP of these {len(names):,} points alone: {words.replace('_', ' ')}"


def comparison_numbers(found: Comparison) -> dict[str, float]:
    """Flat results of `against_article`: gains in sensitivity with _low and _high, and exact McNemar p."""
    numbers = {}
    for row, end in zip(found.questions.itertuples(), ("", "_at_fpr_1pct", "_at_fpr_0.1pct"), strict=False):
        key = f"gain_over_article{end}"
        numbers |= {key: row.difference, f"{key}_low": row.low, f"{key}_high": row.high}
        numbers[f"p_over_article{end}"] = row.p
        counts = {"fixed": row.only_second, "broken": row.only_first}
        numbers |= {f"n_{word}_against_article{end}": int(n) for word, n in counts.items()}
    return numbers


def several_if_known(bench: Workbench) -> dict:
    """`several` on a drawn world, nothing on photographs: nobody knows all that they show."""
    return several(bench) if has_truth(bench) else {}


def several_words(numbers: dict) -> str:
    """What `several_if_known` found, in a sentence."""
    n = numbers.get("n_several", 0)
    if not n:
        return "Of these photos nobody has written down which show two landmarks."
    shares = [f"{numbers[key]:.0%}" for key in ("several_all_named", "several_all_named_whole_photo")]
    wrong = f"{numbers['several_wrong_named']:.0%}"
    return (
        f"Of {n} test photos that show two landmarks or more, all are named in {shares[0]} (whole photo "
        f"alone: {shares[1]}), at least one in {numbers['several_any_named']:.0%}, one that is not there in "
        f"{wrong}."
    )


def several(bench: Workbench, split: str = "test") -> dict:
    """Numbers of `several_named` on a drawn world, and the same without regions, as `..._whole_photo`."""
    visible = visible_landmarks(truth_of(bench))
    whole = bench.recognizer
    blind = bench.with_thresholds(whole.search, replace(whole.thresholds, region_extra=None))
    numbers = several_named(bench.recognize(split, use_gps=False), visible)
    without = several_named(bench.recognize(split, use_gps=False, recognizer=blind), visible)
    return numbers | {f"{key}_whole_photo": value for key, value in without.items() if key != "n_several"}
