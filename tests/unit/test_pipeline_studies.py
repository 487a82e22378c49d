"""Studies on a small trained workbench: tables that figures can draw, and choices made on tune."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sightlab import pipeline_studies as studies
from sightlab.checks import InputError
from sightlab.data.drawn.making.tables import TEXT
from sightlab.evaluation.intervals import holm
from sightlab.evaluation.reliability import scales_tried
from sightlab.evaluation.score_study import ARTICLE, OURS
from sightlab.evaluation.view_study import BY_CENTROID, BY_TRUTH, ONE, SEVERAL
from sightlab.nets.network import network_key
from sightlab.recognition.centroids import build_gallery
from sightlab.recognition.similarity import PLAIN
from sightlab.recognition.trees import CentroidConfig
from sightlab.views import figures
from sightlab.views.figures_centroids import ROLES


@pytest.fixture(scope="module")
def true_bench(trained, tmp_path_factory):
    """The trained run on a copy of its photos that has a truth: odd photos are far, even ones frontal."""
    folder = tmp_path_factory.mktemp("true") / "photos"
    shutil.copytree(trained.photos, folder)
    manifest = pd.read_csv(folder / "manifest.csv", dtype=str, keep_default_na=False)
    truth = pd.DataFrame(dict.fromkeys(TEXT, ""), index=manifest.index)
    truth[["photo_id", "true_landmark_id"]] = manifest[["photo_id", "landmark_id"]]
    is_odd = manifest["photo_id"].str[-1].astype(int) % 2 == 1
    truth["view"] = is_odd.map({True: "far", False: "frontal"})
    wrong = pd.read_csv(folder / "injected_noise.csv", dtype=str)
    truth.loc[truth["photo_id"].isin(wrong["photo_id"]), "dirt"] = "neighbor"
    truth.to_csv(folder / "truth.csv", index=False)
    return type(trained)(folder, trained.workspace, trained.profile)


def test_what_was_tried_is_written_beside_its_figure(trained):
    tried = studies.scores(trained, "tune", n_resamples=3)
    path = trained.save(figures.league(tried, ARTICLE, OURS), "07_tried_on_tune", tried)
    stored = pd.read_csv(path.with_suffix(".csv"))
    assert path.with_suffix(".csv") == trained.workspace.root / "figures" / "07_tried_on_tune.csv"
    assert stored["way"].tolist() == tried["way"].tolist()
    for at in ("1pct", "0.5pct"):
        columns = [f"{name}_{at}" for name in ("difference", "low", "high", "p", "p_holm")]
        pd.testing.assert_frame_equal(stored[columns], tried[columns])


def test_scores_and_views_can_be_drawn(trained):
    scores = studies.scores(trained, "tune", n_resamples=3)
    assert scores["way"].tolist()[:2] == [ARTICLE, OURS]
    figures.league(scores, ARTICLE, OURS)
    views = studies.views(trained, "tune", n_resamples=3)
    assert len(views) == 6
    assert {"n_minority", "closed_set_minority"} <= set(views)
    assert set(views["minority_by"]) == {BY_CENTROID}
    figures.league(views, views["way"][0])


def test_the_cut_in_use_is_among_those_studied(trained):
    study = studies.cuts(trained, n=5)
    assert len(study) == 6
    chosen = study.set_index("max_diameter").loc[trained.cut[0]]
    assert chosen["n_centroids"] == len(trained.gallery)
    figures.cut_effects(study, trained.cut[0])


def test_gates_are_chosen_anew_for_every_row(trained):
    table = studies.gates(trained, "tune")
    assert table["gate"].iloc[0] == "article"
    assert (table["gate"] == "verification").sum() == len(studies.LOST)
    assert table["sensitivity"].between(0, 1).all()
    assert table["promise"].str.startswith("FPR <= 5 % on average").all()  # 20 distractors certify nothing
    figures.gate_effects(table)
    assert trained.plain_recognizer.config.similarity == PLAIN


def test_against_the_article_photo_by_photo(trained):
    found = studies.against_article(trained, trained.evaluate(use_gps=False))
    assert len(found.photos) == 40
    numbers = studies.comparison_numbers(found)
    row = found.questions.iloc[1]
    assert numbers["gain_over_article_at_fpr_1pct"] == row["difference"]
    assert numbers["n_fixed_against_article_at_fpr_1pct"] == row["only_second"]
    assert numbers["p_over_article"] == found.questions["p"].iloc[0]
    figures.comparison(found)


def test_too_few_photos_have_no_probabilities(trained):
    assert len(studies.probabilities(trained, "tune")) == 0
    assert studies.scale_numbers(studies.scales(trained)) == {}


def test_scales_are_compared_on_the_photos_of_tune(trained, monkeypatch):
    monkeypatch.setattr("sightlab.evaluation.reliability.FEWEST", 10)
    monkeypatch.setattr("sightlab.recognition.probability.FEWEST", 10)
    table = studies.scales(trained)
    tune = trained.manifest.split("tune").photos
    answers = trained.recognize("tune", use_gps=False)
    truth = tune["landmark_id"].to_numpy(dtype=object)
    is_right = (answers["best_landmark_id"] == truth).to_numpy()
    slow = scales_tried(answers["similarity"].to_numpy(), is_right, truth, 0.02)
    pd.testing.assert_frame_equal(table, slow)
    numbers = studies.scale_numbers(table)
    assert numbers["brier_isotonic_tune"] == table["brier"].iloc[1]
    assert numbers["calibration_error_tune"] == table["calibration_error"].iloc[0]


def test_the_plane_of_a_landmark_shows_its_photos_once(trained):
    plane, stamp = studies.landmark_plane(trained, "blue_dome", n_distractors=5)
    assert plane["photo_id"].is_unique
    assert set(plane["role"]) <= set(ROLES)
    counts = plane["role"].value_counts()
    assert counts["reference"] == 3
    assert counts["distractor"] == 5
    assert counts["centroid"] == (trained.gallery.landmark_ids == "blue_dome").sum()
    own = trained.cleaned["landmark_id"] == "blue_dome"
    assert len(plane) == own.sum() + counts["distractor"] + counts["centroid"]
    assert stamp.startswith(f"UMAP of these {len(plane)} points alone: neighbors 15")
    again, _ = studies.landmark_plane(trained, "blue_dome", n_distractors=5)
    np.testing.assert_array_equal(again[["x", "y"]], plane[["x", "y"]])


def test_photographs_do_not_know_what_is_in_sight(trained):
    with pytest.raises(InputError, match=r"truth\.csv"):
        studies.several(trained)


def test_the_gallery_remembers_its_network_and_its_day(trained):
    centroid = trained.gallery[0]
    assert centroid.network_key == network_key(trained.network)
    assert len(centroid.made) == len("2026-11-25")
    again = type(trained)(trained.photos, trained.workspace, trained.profile)
    assert again.gallery.table["made"].tolist() == trained.gallery.table["made"].tolist()


def test_without_regions_nothing_is_embedded_again(trained):
    blind = replace(trained.profile, regions=None)
    bench = type(trained)(trained.photos, trained.workspace, blind)
    assert bench.regions("tune") is None
    assert bench.recognizer.thresholds.region_extra is None
    assert trained.recognizer.thresholds.region_extra >= 0
    assert (bench.recognize("test", False)["regions"] == "").all()


def test_what_several_centroids_are_worth():
    ways = pd.DataFrame(
        {
            "way": [ONE, SEVERAL],
            "difference_1pct": [-0.02, 0.0],
            "p_1pct": [0.01, 1.0],
            "p_holm_1pct": [0.04, 1.0],
        }
    )
    numbers = studies.worth_numbers(ways.assign(n_minority=15, minority_by=BY_CENTROID))
    assert numbers["several_centroids_gain_at_fpr_1pct"] == 0.02  # one mean finds 2 points less
    assert numbers["several_centroids_p_holm_at_fpr_1pct"] == 0.04
    assert numbers["n_minority_tune"] == 15
    by_truth = studies.worth_numbers(ways.assign(n_minority=9, minority_by=BY_TRUTH))
    assert by_truth["n_minority_true_view_tune"] == 9
    assert "n_minority_tune" not in by_truth
    assert studies.worth_words(numbers).endswith(
        "find +2.0 points more at FPR 1 % of tune (McNemar with Holm, p = 0.04)."
    )
    by_chance = numbers | {"several_centroids_p_holm_at_fpr_1pct": 0.3}
    assert studies.worth_words(by_chance).endswith("a difference that chance explains.")


def test_the_p_of_several_centroids_is_adjusted_over_all_rows(trained):
    ways = studies.views(trained, "tune", n_resamples=3)
    others = ways["way"] != SEVERAL
    adjusted = dict(zip(ways.loc[others, "way"], holm(ways.loc[others, "p_1pct"].to_numpy()), strict=True))
    assert studies.worth_numbers(ways)["several_centroids_p_holm_at_fpr_1pct"] == adjusted[ONE]


def test_in_a_drawn_world_minority_views_are_the_true_ones(true_bench):
    # of every landmark odd photos are far and even ones frontal; four photos are filed wrongly
    table = studies.views(true_bench, "tune", n_resamples=3)
    assert set(table["minority_by"]) == {BY_TRUTH}
    kept = true_bench.kept()
    wrong = pd.read_csv(true_bench.photos / "injected_noise.csv")["photo_id"]
    kept = kept[~kept["photo_id"].isin(wrong)]
    is_far = kept["photo_id"].str[-1].astype(int) % 2 == 1
    n_far, n = is_far.groupby(kept["landmark_id"]).sum(), kept.groupby("landmark_id").size()
    tune = true_bench.manifest.split("tune")
    photos = tune.photos[tune.is_landmark & ~tune.photos["photo_id"].isin(wrong)]
    odd = photos["photo_id"].str[-1].astype(int) % 2 == 1
    most_are_far = photos["landmark_id"].map(n_far >= n - n_far)  # at a tie "far" sorts first
    minority = odd != most_are_far
    assert table["n_minority"].iloc[0] == minority.sum() > 0
    vectors = true_bench.table.rows(photos["photo_id"][minority])
    gallery = true_bench.gallery
    best = gallery.landmark_ids[(vectors @ gallery.vectors.T).argmax(axis=1)]
    right = (best == photos["landmark_id"][minority]).mean()
    assert table.set_index("way").loc[SEVERAL, "closed_set_minority"] == right


@pytest.mark.parametrize("max_sample", [4, 5000])
def test_the_tree_that_is_drawn_is_the_one_that_was_cut(trained, max_sample):
    tree = studies.tree(trained, "blue_dome", max_sample)
    config = CentroidConfig(max_diameter=2.0, min_photos=1, max_sample=max_sample)
    gallery = build_gallery(trained.table, trained.kept(), config).table.set_index("landmark_id")
    assert len(tree) == gallery.loc["blue_dome", "n_in_tree"] - 1
    np.testing.assert_allclose(np.sort(tree[:, 2]), gallery.loc["blue_dome", "merge_heights"])
    assert (len(tree) == 3) == (max_sample == 4)
    figures.dendrogram(tree, trained.cut[0], "blue dome")
