import numpy as np
import pandas as pd
import pytest

from sightlab.checks import InputError
from sightlab.recognition.gallery import CentroidGallery
from sightlab.recognition.search import LandmarkSearch, RecognizerConfig, reference_vectors
from sightlab.recognition.similarity import PLAIN, SimilarityConfig


def unit_rows(n, size, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(n, size)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def large():
    """60 centroids of 25 landmarks, some of them near each other."""
    rng = np.random.default_rng(1)
    names = np.sort(np.concatenate([np.arange(25), rng.integers(25, size=35)]))
    table = pd.DataFrame({"centroid": range(60), "landmark_id": [f"l{i:02d}" for i in names], "view": 0})
    landmarks = pd.DataFrame({"landmark_id": [f"l{i:02d}" for i in range(25)], "name": "n", "city": "c"})
    landmarks = landmarks.assign(country="d", lat=rng.uniform(0, 0.02, 25), lon=rng.uniform(0, 0.02, 25))
    references = {f"l{i:02d}": unit_rows(3, 16, seed=i) for i in range(0, 25, 2)}
    gallery = CentroidGallery(unit_rows(60, 16), table.assign(n_photos=5))
    return LandmarkSearch(gallery, landmarks, references, RecognizerConfig(chunk=7, similarity=PLAIN))


def slow_match(search, vector, lat, lon, ranks):
    """Landmarks one by one: [(similarity, landmark, centroid, mean reference distance)], best first."""
    found = []
    for name, x, y in search.landmarks[["landmark_id", "lat", "lon"]].itertuples(index=False):
        north, east = (x - lat) * 111.195, (y - lon) * 111.195 * np.cos(np.radians(lat))
        if not np.isnan(lat) and max(abs(north), abs(east)) > 0.5:
            continue
        rows = np.flatnonzero(search.gallery.landmark_ids == name)
        similarities = [float(search.gallery.vectors[r] @ vector) for r in rows]
        distance = np.nan
        if name in search.reference_vectors:
            distance = np.mean([np.linalg.norm(r - vector) for r in search.reference_vectors[name]])
        best = int(np.argmax(similarities))
        found.append((similarities[best], name, rows[best], distance))
    return sorted(found, key=lambda row: -row[0])[:ranks]


def test_same_as_the_slow_literal_version(large):
    rng = np.random.default_rng(2)
    vectors = unit_rows(40, 16, seed=99)
    lat, lon = rng.uniform(0, 0.02, 40), rng.uniform(0, 0.02, 40)
    lat[::2] = np.nan
    found = large.match(vectors, lat, lon)
    n_near = 0
    for q in range(40):
        expected = slow_match(large, vectors[q], lat[q], lon[q], 3)
        n_near += q % 2 and len(expected) > 0
        assert found.is_square_empty[q] == (not expected)
        expected = expected or slow_match(large, vectors[q], np.nan, np.nan, 3)
        k = len(expected)
        similarity, name, centroid, distance = zip(*expected, strict=True)
        np.testing.assert_allclose(found.similarity[q, :k], similarity, atol=1e-6)
        assert large.landmark_ids[found.landmark[q, :k]].tolist() == list(name)
        assert found.centroid[q, :k].tolist() == list(centroid)
        np.testing.assert_allclose(found.reference_distance[q, :k], distance, atol=1e-6)
        assert (found.landmark[q, k:] == -1).all()
        assert np.isnan(found.similarity[q, k:]).all()
    assert n_near > 10
    assert found.has_position.tolist() == [False, True] * 20


def test_chunks_and_single_photos_change_nothing(large):
    vectors = unit_rows(20, 16, seed=3)
    together = large.match(vectors)
    for q in range(20):
        alone = large.match(vectors[q : q + 1])
        assert alone.landmark[0].tolist() == together.landmark[q].tolist()
        np.testing.assert_allclose(alone.similarity[0], together.similarity[q], atol=1e-6)


def test_rotated_embeddings_give_the_same_matches(gallery, landmarks, references):
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(5, 5)))[0].astype(np.float32)
    vectors, pool = unit_rows(30, 5), unit_rows(25, 5, seed=7)
    turned_gallery = CentroidGallery(gallery.vectors @ turn, gallery.table)
    turned_references = {name: r @ turn for name, r in references.items()}
    before = LandmarkSearch(gallery, landmarks, references, pool=pool).match(vectors)
    after = LandmarkSearch(turned_gallery, landmarks, turned_references, pool=pool @ turn).match(
        vectors @ turn
    )
    assert before.landmark.tolist() == after.landmark.tolist()
    np.testing.assert_allclose(before.similarity, after.similarity, atol=1e-4)
    np.testing.assert_allclose(before.reference_distance, after.reference_distance, atol=1e-5)


def test_a_landmark_takes_one_rank_however_many_views_it_has(gallery, landmarks, references):
    # e3 and e4 are both the tower: similarities 0.8 and 0.6, then the minar with 0
    found = LandmarkSearch(gallery, landmarks, references).match(np.array([[-0.0, 0, -0.0, 0.8, 0.6]]))
    names = ["atoll", "minar", "pillar", "tower"]
    assert names[found.landmark[0, 0]] == "tower"
    assert found.centroid[0, 0] == 3
    assert names[found.landmark[0, 1]] != "tower"
    assert found.ranked.cosine[0, 1] == 0


def test_cosines_never_leave_their_range():
    vectors = unit_rows(50, 512, seed=8)
    table = pd.DataFrame({"centroid": range(50), "landmark_id": [f"l{i:02d}" for i in range(50)], "view": 0})
    landmarks = pd.DataFrame({"landmark_id": table["landmark_id"], "name": "", "city": "", "country": ""})
    search = LandmarkSearch(
        CentroidGallery(vectors, table.assign(n_photos=1)), landmarks.assign(lat=np.nan, lon=np.nan), {}
    )
    assert search.match(vectors).ranked.cosine.max() <= 1


def slow_similarity(search, vector, among=None):
    """{landmark: similarity} by the formula of the module, landmark by landmark, over a world of `among`."""
    settings = search.config.similarity
    nearest = sorted((float(p @ vector) for p in search.pool), reverse=True)[: settings.pool_neighbors]
    crowd = max(0.0, sum(nearest) / len(nearest)) if nearest else 0.0
    cosine = {
        name: max(float(c @ vector) for c in search.gallery.vectors[search.gallery.landmark_ids == name])
        for name in (search.landmark_ids if among is None else among)
    }
    place = search.landmarks.set_index("landmark_id")[["lat", "lon"]]
    found = {}
    for name, value in cosine.items():
        rivals = []
        for other, theirs in cosine.items():
            north, east = (place.loc[other] - place.loc[name]) * 111.195  # all of them near the equator
            if other != name and not max(abs(north), abs(east)) <= settings.place_km / 2:  # NaN: elsewhere
                rivals.append(theirs)
        off = 0.0
        if rivals:
            off = settings.rival_weight * np.log(1 + np.exp((max(rivals) - value) / settings.rival_width))
        found[name] = min(1.0, max(-1.0, value - settings.pool_weight * crowd - off))
    return found


@pytest.mark.parametrize("n_pool", [0, 4, 30])
def test_similarity_same_as_the_slow_formula(large, n_pool):
    # two places of the same 25 landmarks: the square of 5 km around each holds some of the others
    facts = large.landmarks.assign(lat=large.landmarks["lat"] * 4, lon=large.landmarks["lon"] * 4)
    facts.loc[3, "lat"] = np.nan
    settings = SimilarityConfig(rival_width=0.2)  # rivals that can be seen among random vectors
    config = RecognizerConfig(chunk=7, similarity=settings)
    search = LandmarkSearch(large.gallery, facts, {}, config, pool=unit_rows(n_pool, 16, seed=5))
    vectors = unit_rows(30, 16, seed=98)
    found = search.match(vectors)
    for q in range(30):
        slow = slow_similarity(search, vectors[q])
        for r in range(3):
            name = search.landmark_ids[found.landmark[q, r]]
            assert found.similarity[q, r] == pytest.approx(slow[name], abs=1e-5), (q, r)
    assert (found.ranked.rival >= 0).all()
    assert (found.crowd == 0).all() == (n_pool == 0)


def test_inside_the_square_only_its_landmarks_are_rivals(gallery, landmarks, references):
    # minar 0.6, tower 0.59 in the world: a rival at almost the same cosine; beside the minar there is none
    config = RecognizerConfig(similarity=SimilarityConfig(rival_weight=0.6))
    search = LandmarkSearch(gallery, landmarks, references, config)
    v = np.array([[0, 0.6, 0, 0.59, -np.sqrt(1 - 0.6**2 - 0.59**2)]])
    world, beside = search.match(v), search.match(v, np.array([28.524]), np.array([77.185]))
    # log(1 + exp(-0.01 / 0.03)) * 0.6 = 0.6 * 0.5405
    assert world.similarity[0, 0] == pytest.approx(0.6 - 0.6 * np.log(1 + np.exp(-1 / 3)), abs=1e-6)
    assert search.landmark_ids[world.ranked.rival[0, 0]] == "tower"
    assert beside.similarity[0, 0] == pytest.approx(0.6)
    assert beside.ranked.rival[0, 0] == -1
    np.testing.assert_array_equal(beside.world.similarity, world.similarity[:, :1])
    assert (beside.n_in_square[0], world.n_in_square[0]) == (2, -1)


def test_landmarks_of_one_place_are_no_rivals(gallery, landmarks, references):
    # minar and pillar stand 111 m apart: one photo may show both; the rival is the tower, far behind
    search = LandmarkSearch(gallery, landmarks, references)
    found = search.match(np.array([[0, 0.6, 0.59, 0.1, -np.sqrt(1 - 0.6**2 - 0.59**2 - 0.01)]]))
    assert search.landmark_ids[found.landmark[0, :2]].tolist() == ["minar", "pillar"]
    assert search.landmark_ids[found.ranked.rival[0, :2]].tolist() == ["tower", "tower"]
    np.testing.assert_allclose(found.similarity[0, :2], [0.6, 0.59], atol=1e-6)


def test_alone_a_photo_finds_what_it_finds_among_others(gallery, landmarks, references):
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((20, gallery.vectors.shape[1])).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    search = LandmarkSearch(gallery, landmarks, references)
    among = search.match(vectors)
    assert np.isfinite(among.reference_distance).any()
    for q in range(20):
        alone = search.match(vectors[q : q + 1])
        np.testing.assert_array_equal(alone.landmark[0], among.landmark[q])
        np.testing.assert_array_equal(alone.ranked.rival[0], among.ranked.rival[q])
        np.testing.assert_allclose(alone.similarity[0], among.similarity[q], atol=1e-6)
        np.testing.assert_allclose(alone.reference_distance[0], among.reference_distance[q], atol=1e-6)
        np.testing.assert_allclose(alone.world_distance[0], among.world_distance[q], atol=1e-6)


def test_more_landmarks_at_one_place_than_ranks():
    # five at one place, all better than the one elsewhere: that one is still found as the rival
    names = [f"l{i}" for i in range(6)]
    gallery = CentroidGallery(
        np.eye(6, dtype=np.float32),
        pd.DataFrame({"centroid": range(6), "landmark_id": names, "view": 0, "n_photos": 5}),
    )
    facts = pd.DataFrame(
        {"landmark_id": names, "name": "", "city": "", "country": "", "lat": 1.0, "lon": 1.0}
    )
    facts.loc[5, "lat"] = 60.0
    v = np.array([0.5, 0.45, 0.4, 0.35, 0.3, 0.25])
    found = LandmarkSearch(gallery, facts, {}).match((v / np.linalg.norm(v))[None])
    assert found.ranked.rival[0].tolist() == [5, 5, 5]
    assert found.ranked.rival_cosine[0, 0] == pytest.approx(0.25 / np.linalg.norm(v))


def test_best_of_each_square_and_the_squares(gallery, landmarks, references):
    facts = landmarks.assign(lat=[28.524, 28.525, np.nan, -16.8])
    pool = unit_rows(12, 5, seed=4)
    config = RecognizerConfig(similarity=SimilarityConfig(pool_weight=0.7))
    search = LandmarkSearch(gallery, facts, references, config, pool)
    # atoll; minar and pillar, each with the other; the tower has no position
    squares = search.neighbors()
    assert [near.tolist() for near in squares] == [[0], [1, 2], [1, 2]]
    vectors = unit_rows(6, 5)
    cosines = np.column_stack([vectors[:, :3], vectors[:, 3:].max(axis=1)])
    crowd = np.sort(vectors @ pool.T, axis=1)[:, -10:].mean(axis=1).clip(0)
    expected = np.stack([cosines[:, near].max(axis=1) - 0.7 * crowd for near in squares], axis=1).clip(-1, 1)
    np.testing.assert_allclose(search.best_in_squares(vectors, squares), expected, atol=1e-6)


def test_of_a_large_pool_a_seeded_sample_is_kept(gallery, landmarks):
    pool = unit_rows(40, 5, seed=6)
    config = RecognizerConfig(similarity=SimilarityConfig(max_pool=15))
    first, again = (LandmarkSearch(gallery, landmarks, {}, config, pool).pool for _ in range(2))
    assert first.shape == (15, 5)
    np.testing.assert_array_equal(first, again)
    other = RecognizerConfig(similarity=SimilarityConfig(max_pool=15, seed=1))
    assert not np.array_equal(LandmarkSearch(gallery, landmarks, {}, other, pool).pool, first)


def test_no_photo_at_all(large):
    found = large.match(np.empty((0, 16), dtype=np.float32))
    assert found.landmark.shape == found.similarity.shape == (0, 3)


def test_references_of_unreadable_photos_are_left_out(make_table):
    table = make_table(["a", "b", "c"], np.eye(3))
    references = pd.DataFrame({"landmark_id": ["x", "y", "x", "z"], "photo_id": ["c", "b", "a", "broken"]})
    found = reference_vectors(table, references)
    assert sorted(found) == ["x", "y"]
    np.testing.assert_array_equal(found["x"], np.eye(3)[[2, 0]])


def test_refuses_what_does_not_fit(gallery, landmarks, references):
    with pytest.raises(InputError, match="no row for 1: tower"):
        LandmarkSearch(gallery, landmarks[landmarks["landmark_id"] != "tower"], references)
    with pytest.raises(InputError, match="references of minar must have unit-norm rows"):
        LandmarkSearch(gallery, landmarks, {"minar": np.ones((2, 5))})
    with pytest.raises(InputError, match="5 numbers, as the centroids; got 4 in references of minar"):
        LandmarkSearch(gallery, landmarks, {"minar": np.eye(4)})
    with pytest.raises(InputError, match="5 numbers, as the centroids; got 4 in pool"):
        LandmarkSearch(gallery, landmarks, {}, pool=np.eye(4))
    with pytest.raises(InputError, match="pool must have unit-norm rows"):
        LandmarkSearch(gallery, landmarks, {}, pool=np.ones((3, 5)))
    with pytest.raises(InputError, match="columns"):
        LandmarkSearch(gallery, landmarks.drop(columns="lat"), references)
    search = LandmarkSearch(gallery, landmarks, references)
    with pytest.raises(InputError, match="got 6 in vectors"):
        search.match(np.eye(6))
    with pytest.raises(InputError, match="row 1 is off"):
        search.match(np.eye(5) * np.array([[1], [2], [1], [1], [1]]))
    with pytest.raises(InputError, match=r"camera lat .* got 95\.0 in row 0"):
        search.match(np.eye(5)[:1], np.array([95.0]), np.array([0.0]))
    for wrong in ({"square_km": 0.0}, {"max_landmarks": 0}, {"chunk": 0}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            RecognizerConfig(**wrong)
