"""Notebook 02 goes on where a folder lacks references, photos or known noise, and says what is left out."""

import ast

import nbformat
import pandas as pd
import pytest

from sightlab import pipeline
from tests.drawn import write_photo_folder
from tests.structure.source import ROOT

LONE = "yellow_pyramid"


def bad_folder(folder, with_references, n_lone) -> None:
    """Four landmarks of ten train photos, some with references; of `LONE` a few photos stay."""
    write_photo_folder(folder, seed=0, photos_per_landmark=20, n_distractors=20)
    photos = pd.read_csv(folder / "manifest.csv", dtype=str, keep_default_na=False).set_index("photo_id")
    references = pd.read_csv(folder / "references.csv", dtype=str)
    is_reference = photos.index.isin(references["photo_id"])
    lone = photos[(photos["landmark_id"] == LONE) & (photos["split"] == "train")]
    lone = sorted(lone.index, key=lambda photo: (not is_reference[photos.index.get_loc(photo)], photo))
    wrong = ["blue_dome_008", "green_arch_008", "red_tower_008"]
    facts = ["landmark_id", "landmark_name", "city", "country", "region"]
    photos.loc[wrong, facts] = photos.loc[[*wrong[1:], wrong[0]], facts].to_numpy()
    photos = photos.drop(index=lone[n_lone:])
    photos.reset_index().to_csv(folder / "manifest.csv", index=False)
    stay = references["landmark_id"].isin(with_references) & references["photo_id"].isin(photos.index)
    references[stay].to_csv(folder / "references.csv", index=False)
    pd.DataFrame({"photo_id": wrong}).to_csv(folder / "injected_noise.csv", index=False)


def shown_by_cells(path, parameters: dict) -> tuple[dict, str]:
    """The variables of a notebook after its last cell, and the text of what its cells show."""
    scope, shown = {}, []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        if "parameters" in cell.metadata.get("tags", []):
            scope |= parameters
            continue
        body = ast.parse(cell.source).body
        last = body.pop() if isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), cell.id, "exec"), scope)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), cell.id, "eval"), scope)
            shown.append(str(getattr(value, "data", value)))
    return scope, "\n".join(shown)


@pytest.mark.parametrize(
    ("with_references", "n_lone", "told"),
    [
        (("blue_dome", "green_arch", LONE), 3, ["Red Tower", "no readable reference: kept unjudged"]),
        (("blue_dome", "green_arch", LONE), 1, ["one photo after cleaning", "Left out: confident learning"]),
        (("blue_dome",), 10, ["takes two landmarks with a readable reference; 1 has one here"]),
        ((), 10, ["No landmark has a readable reference", "No photo was judged", "remains open"]),
    ],
)
def test_the_cleaning_notebook_goes_on(tmp_path, monkeypatch, tiny_profile, with_references, n_lone, told):
    bad_folder(tmp_path / "photos", with_references, n_lone)
    monkeypatch.setattr(pipeline, "get_profile", lambda _: tiny_profile)
    places = {"PHOTOS": str(tmp_path / "photos"), "WORKSPACE": str(tmp_path / "workspace")}
    notebook = ROOT / "notebooks" / "02_cleaning.ipynb"
    scope, shown = shown_by_cells(notebook, {"PROFILE": "tour", "WHO": "somebody", **places})
    for words in told:
        assert words in shown
    assert (tmp_path / "workspace" / "results" / "02_cleaning.json").is_file()
    assert len(scope["league"]) == (10 if len(with_references) > 1 else 0)
