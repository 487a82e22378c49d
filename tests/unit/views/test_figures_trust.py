"""Figures about trust: numbers where they belong, legible, and refused when empty."""

import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.evaluation.compare import compare
from sightlab.evaluation.protocol import evaluate
from sightlab.evaluation.published import beside_published
from sightlab.evaluation.reliability import calibration_error, reliability
from sightlab.views import figures


@pytest.fixture
def table():
    """Three ways; the second gains 5 points at FPR 1 %, the third loses 10."""
    rows = pd.DataFrame({"way": ["nearest centroid (article)", "less crowd, less rival (ours)", "third"]})
    for end, gain in (("_1pct", [0, 0.05, -0.1]), ("_0.5pct", [0, 0.08, -0.02])):
        gain = np.array(gain)
        rows[f"sensitivity_at_fpr{end}"] = 0.8 + gain
        rows[f"difference{end}"], rows[f"low{end}"], rows[f"high{end}"] = gain, gain - 0.02, gain + 0.03
        rows[f"p_holm{end}"] = [1.0, 1e-4, 0.03]
    return rows


@pytest.fixture
def evaluations(rng):
    truth = np.array(["arch", "dome"] * 60 + ["non_landmark"] * 120, dtype=object)
    photos = pd.DataFrame({"photo_id": [f"p{i}" for i in range(240)], "landmark_id": truth, "split": "test"})
    found = []
    for shift in (0.0, 0.15):
        similarity = np.append(rng.normal(0.6 + shift, 0.2, 120), rng.normal(0.1, 0.15, 120))
        best = np.where(truth == "non_landmark", "dome", truth)
        answer = np.where(similarity > 0.45, best, "non_landmark")
        answers = pd.DataFrame({"photo": photos["photo_id"], "landmark_id": answer, "best_landmark_id": best})
        answers = answers.assign(similarity=similarity, reason="similarity")
        found.append(evaluate(answers, photos, train_counts={"arch": 120, "dome": 20}, n_resamples=3))
    return found


def test_the_league_leaves_out_its_zero_line(table, assert_legible, texts_of):
    figure = figures.league(table, "nearest centroid (article)", "less crowd, less rival (ours)")
    assert_legible(figure)
    text = texts_of(figure)
    assert "85.0 % **" in text
    assert "70.0 % *" in text
    assert "gain at FPR 1 % over 80.0 %" in text
    assert "gain at FPR 0.5 % over 80.0 %" in text
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == [
        "less crowd, less rival (ours)",
        "third",
    ]


def test_gates_side_by_side(assert_legible, texts_of):
    rows = [
        ("similarity", "cosine (article)", 0.8),
        ("verification", "off", 0.86),
        ("coordinates", "all", 0.9),
    ]
    table = pd.DataFrame(rows, columns=["gate", "setting", "sensitivity"])
    table = table.assign(confusion_rate=0.02, fpr=0.005)
    for key in ("sensitivity", "confusion_rate", "fpr"):
        table[f"{key}_low"], table[f"{key}_high"] = table[key] * 0.95, table[key] * 1.05
    figure = figures.gate_effects(table)
    assert_legible(figure)
    assert "similarity: cosine (article)" in texts_of(figure)
    with pytest.raises(InputError, match="no rows"):
        figures.gate_effects(table[:0])


def test_unknown_landmarks_have_a_panel_for_each_kind(assert_legible, texts_of):
    ways = ["article: cosine", "similarity", "similarity and lead"]
    rows = [
        {"way": way, "unknown": unknown, "n": n, "answered": 0.5 / (i + 1), "sensitivity": 0.8 - i / 100}
        for unknown, n in (
            ("left out of the gallery", 718),
            ("never seen by the network", 347),
            ("never seen, at a known landmark", 347),
        )
        for i, way in enumerate(ways)
    ]
    table = pd.DataFrame(rows)
    table = table.assign(answered_low=table["answered"] - 0.05, answered_high=table["answered"] + 0.05)
    figure = figures.unknown_landmarks(table)
    assert len(figure.axes) == 3
    assert_legible(figure)
    assert "answered of 347 photos\nnever seen by the network" in texts_of(figure)
    assert "answered of 347 photos\nnever seen, at a known landmark" in texts_of(figure)
    with pytest.raises(InputError, match="no rows"):
        figures.unknown_landmarks(table[:0])


def test_reliability_has_a_panel_for_each_prevalence(rng, assert_legible, texts_of):
    is_landmark = np.arange(400) < 200
    probability = np.where(is_landmark, rng.uniform(0.2, 1, 400), rng.uniform(0, 0.3, 400))
    parts = []
    for prevalence in (0.01, 0.02, 0.03):
        part = reliability(probability, is_landmark, is_landmark, prevalence, n_resamples=10)
        parts.append(part.assign(calibration_error=calibration_error(part)))
    figure = figures.reliability_diagram(pd.concat(parts))
    assert len(figure.axes) == 3
    assert_legible(figure)
    drawn = next(line for line in figure.axes[1].lines if line.get_marker() == "s")
    np.testing.assert_allclose(drawn.get_ydata(), parts[1]["seen"])
    assert "2 % show a landmark, error" in texts_of(figure)
    n = parts[0][["n_landmark", "n_distractor"]].to_numpy().sum()
    assert f"probability said (n = {n:,})" in texts_of(figure)
    assert "bootstrap 95 %" in texts_of(figure)


def test_certificates_tell_what_tune_carries(assert_legible, texts_of):
    figure = figures.certificates(1308)
    assert_legible(figure)
    text = texts_of(figure)
    assert "tune has 1,308" in text
    assert "FPR 0.1 %: from 2,995 distractors" in text
    assert "FPR 1 %: from 299 distractors" in text


def test_a_comparison_counts_what_was_fixed(evaluations, assert_legible, texts_of):
    found = compare(*evaluations, ("cosine (article)", "sightlab"), n_resamples=20)
    figure = figures.comparison(found)
    assert_legible(figure)
    counts = found.photos[found.photos["landmark_id"] != "non_landmark"]["change"].value_counts()
    assert f"fixed {counts.get('fixed', 0)}, broken {counts.get('broken', 0)}" in texts_of(figure)
    assert "sightlab against cosine (article)" in texts_of(figure)


def test_published_figures_are_marked(evaluations, assert_legible, texts_of):
    figure = figures.beside_published(beside_published(evaluations[0]))
    assert_legible(figure)
    assert "all, published" in texts_of(figure)
    assert "rare, here" in texts_of(figure)
    assert "n = 290" in texts_of(figure)
