import pytest

from sightlab.evaluation.intervals import wilson
from sightlab.evaluation.protocol import evaluate
from sightlab.evaluation.published import beside_published


def test_the_article_stands_beside_ours_and_says_so(predictions, truth):
    found = beside_published(evaluate(predictions, truth, train_counts={"a": 101}, n_resamples=2))
    assert found["slice"].tolist() == ["all", "all", "frequent", "frequent", "rare", "rare"]
    published = found[found["is_published"]].set_index("slice")
    assert published["estimate"].to_dict() == pytest.approx(
        {"all": 0.800, "frequent": 0.853, "rare": 0.462}, abs=5e-4
    )
    assert published["n"].tolist() == [290, 251, 39]
    assert published["source"].str.startswith("published").all()
    ours = found[~found["is_published"]].set_index("slice")
    assert (ours.loc["all", "estimate"], ours.loc["all", "n"]) == (2 / 6, 6)
    assert (ours.loc["rare", "low"], ours.loc["rare", "high"]) == wilson(1, 3)


def test_a_slice_that_we_do_not_have_stands_alone(predictions, truth):
    found = beside_published(evaluate(predictions, truth, n_resamples=2))
    assert found["system"].tolist() == ["article", "sightlab", "article", "article"]
