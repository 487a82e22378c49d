"""Ranking of verified candidates, by hand."""

import pytest

from sightlab.checks import InputError
from sightlab.delf import candidates as module
from sightlab.delf.candidates import Candidate, ScoreConfig, as_table, candidate_of, of_table, ranked
from sightlab.delf.verification import VerificationConfig, verify
from tests.unit.delf.conftest import AFFINE, drawn_features, seen_again

VERIFIED = VerificationConfig()
#                row votes matches inliers spots likeness
A = Candidate(0, 50, 100, 20, 4, 0.5)
B = Candidate(1, 40, 40, 12, 9, 0.5)
C = Candidate(2, 30, 40, 11, 8, 0.5)
NAMES = ["tower", "arch", "arch"]


def first(score: ScoreConfig) -> tuple[str, float]:
    best = ranked([A, B, C], NAMES, score, VERIFIED)[0]
    return best.landmark_id, best.score


def test_most_inliers_of_one_photo_is_delf():
    assert first(ScoreConfig()) == ("tower", 20.5)


def test_different_places_count_once():
    assert first(ScoreConfig("spots")) == ("arch", 9.5)


def test_photos_of_one_landmark_add_up():
    assert first(ScoreConfig(n_photos=2)) == ("arch", 12.5 + 11.5)
    assert first(ScoreConfig("spots", 5)) == ("arch", 9.5 + 8.5)  # fewer photos than asked for: all


def test_what_chance_explains_does_not_count(monkeypatch):
    # 100 random matches give 14 inliers, 40 give 5: 20 - 14 = 6 against 12 - 5 = 7
    monkeypatch.setattr(module, "null_of", lambda n, config: {100: 14.0, 40: 5.0}[n])
    assert first(ScoreConfig("excess")) == ("arch", 7.5)
    monkeypatch.setattr(module, "null_of", lambda n, config: 30.0)
    assert first(ScoreConfig("excess"))[1] == 0.5  # never below zero


def test_equal_scores_go_to_more_votes_then_to_the_first_row():
    rows = [Candidate(5, 3, 9, 7, 7, 0.1), Candidate(6, 4, 9, 7, 7, 0.1), Candidate(2, 4, 9, 7, 7, 0.1)]
    found = ranked(rows, ["x", "y", "z"], ScoreConfig(), VERIFIED)
    assert [one.landmark_id for one in found] == ["z", "y", "x"]


def test_inliers_on_one_spot_are_one_sight():
    # 30 keypoints of one scene, all inliers; then the same ones crowded into 8 x 8 pixels of 240 x 320
    scene = drawn_features(0)
    query = seen_again(scene, AFFINE, 60, seed=3)
    spread = candidate_of(0, 1, verify(query, scene, VERIFIED), query, scene)
    assert spread.n_spots > 40
    scene.points[:] = 100 + (scene.points % 8)
    crowded = candidate_of(0, 1, verify(query, scene, VERIFIED), query, scene)
    assert crowded.n_spots <= 4  # spots are 400 / 24 = 17 pixels wide


def test_a_table_and_back():
    one = Candidate(3, 2, 1, 0, 0, 0.0, "1 matches in different places, and affine needs 3")
    assert of_table(as_table([A, one])) == [A, one]
    assert as_table([]).columns.tolist() == list(Candidate.__dataclass_fields__)


def test_the_null_is_read_off_between_what_is_drawn(monkeypatch):
    drawn = []
    monkeypatch.setattr(module, "null_quantile", lambda n, *_, **__: drawn.append(n) or n / 4)
    assert module.null_of(0, VERIFIED) == 0
    assert module.null_of(30, VERIFIED) == 7.5  # halfway between 20 and 40 matches: 5 and 10
    assert max(drawn) == 40  # nothing is drawn that is not needed


def test_unknown_scores_are_refused():
    with pytest.raises(InputError, match="kind"):
        ScoreConfig("votes")
    with pytest.raises(InputError):
        ScoreConfig(n_photos=0)
