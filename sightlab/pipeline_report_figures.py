"""What each figure of the report shows, and from which results of a run it is drawn."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from sightlab import pipeline_cam as cam
from sightlab import pipeline_studies as studies
from sightlab.evaluation.recipe_study import IN_USE
from sightlab.pipeline_forgetting import forgetting
from sightlab.pipeline_learning import stored_league
from sightlab.pipeline_losses import LOSSES, losses_of
from sightlab.pipeline_report import Drawn, ReportFigure
from sightlab.views import figures
from sightlab.views import figures_report as drawings
from sightlab.views.figures_pipeline import pipeline_diagram
from sightlab.views.report_numbers import read_numbers
from sightlab.workspace_stored import NotStored

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sightlab.pipeline import Workbench

_SPEED, _DELF = (f"figures/{name}.csv" for name in ("08_accuracy_against_time", "08_open_set"))
_ROWS = "artefacts/recipe/*/answers.parquet"  # of the league
_RUN_LEAGUE = (
    "train the rows: python benchmarks/learning_league.py with the photos, workspace and profile of the run"
)
N_EXAMPLES = 4


def _pipeline(bench: Workbench) -> Drawn:
    numbers = read_numbers(bench.workspace.root / "results")
    counts = (numbers[key] for key in ("n_photos", "n_landmarks", "n_regions"))
    steps = [
        (
            "photos",
            "{:,} photos,\n{} landmarks\nin {} regions".format(*counts),
        ),
        ("cleaning", f"mean distance to\n3-5 references:\n{numbers['curriculum_n_dropped']:,} dropped"),
        ("training", f"softmax + center loss,\nregion by region:\n{numbers['n_stages']} stages"),
        ("centroids", f"complete linkage\nper landmark:\n{numbers['n_centroids']} views"),
    ]
    answer = [
        ("new photo", "one forward pass"),
        ("search", "similarity to\nevery centroid"),
        ("coordinates", "only landmarks in\nthe square around\nthe camera"),
        ("threshold", f"chosen on tune\nfor FPR {100 * bench.profile.fpr:g} %"),
        ("answer", "landmark, or\nnon-landmark,\nand why"),
    ]
    table = pd.DataFrame(steps + answer, columns=["step", "facts"])
    return Drawn(partial(pipeline_diagram, steps, answer), table)


def _dirt(bench: Workbench) -> Drawn:
    if not bench.known_noise:
        raise NotStored("no train photo of this folder is known to be wrong: it has no injected_noise.csv")
    cleaned = bench.cleaned
    kinds = pd.read_csv(bench.photos / "injected_noise.csv", dtype=str, keep_default_na=False)
    kind_of = dict(
        zip(kinds["photo_id"], kinds.get("kind", pd.Series("known noise", kinds.index)), strict=True)
    )
    kind = cleaned["photo_id"].map(kind_of).fillna("right")
    counts = pd.DataFrame({"before": kind.value_counts(), "after": kind[cleaned["keep"]].value_counts()})
    counts = counts.fillna(0).astype(int).rename_axis("kind").sort_index().reset_index()
    return Drawn(partial(drawings.dirt_before_after, counts), counts)


def _forgetting(bench: Workbench) -> Drawn:
    table = forgetting(bench)
    return Drawn(partial(figures.forgetting_matrix, table), table)


def _losses(bench: Workbench) -> Drawn:
    table = losses_of(stored_league(bench, names=LOSSES))
    if table.empty:
        raise NotStored(
            f"no row of {IN_USE!r} is stored for these photos and settings. To get it, {_RUN_LEAGUE}"
        )
    facts = {"interval": "bootstrap by landmark, 95 %", "photos": "tune"}
    return Drawn(partial(figures.loss_league, table), table, facts)


def _cam(bench: Workbench) -> Drawn:
    firsts = cam.study_photos(bench, 1).drop_duplicates("landmark_id").sort_values("landmark_id")
    photos = firsts.iloc[:: max(1, len(firsts) // N_EXAMPLES)].head(N_EXAMPLES)
    rule = f"first test photo of every {max(1, len(firsts) // N_EXAMPLES)}th landmark by name"
    maps, _, captions = cam.targets(bench, photos)
    limit = figures.full_color(maps.values())
    sheet = partial(figures.cam_grid, cam.opened(bench, photos), maps, captions, rule, limit=limit)
    shown = tuple(bench.manifest.root / path for path in photos["path"])
    values = {name: v.mean(axis=(1, 2)) for name, v in maps.items()}
    return Drawn(sheet, photos[["photo_id", "landmark_id"]].assign(**values), {"rule": rule}, shown)


def _views(bench: Workbench) -> Drawn:
    counts = bench.gallery.table.groupby("landmark_id").agg(
        views=("view", "size"), photos=("n_photos", "sum")
    )
    two = counts[counts["views"] == 2] if (counts["views"] == 2).any() else counts
    example = two.sort_values("photos", kind="stable").index[-1]
    rule = "of the landmarks with two centroids the one with most photos"
    paths = dict(zip(bench.manifest.photos["photo_id"], bench.manifest.paths(), strict=True))
    rows = figures.view_rows(bench.gallery, example, bench.table, paths)
    title = f"{example.replace('_', ' ')} ({rule})"

    def sheet(width: float) -> Figure:
        return figures.view_sheet(rows, title, tiles=8 if width >= figures.WIDE else 4, width=width)

    return Drawn(sheet, pd.DataFrame({"view": [w for w, _ in rows]}), {"rule": rule, "landmark_id": example})


def _umap(bench: Workbench) -> Drawn:
    # the landmark of notebook 06, whose plane is stored
    counts = bench.gallery.table.groupby("landmark_id").agg(
        views=("view", "size"), photos=("n_photos", "sum")
    )
    example = counts.sort_values(["views", "photos"]).index[-1]
    rule = "most centroids, then most photos"
    plane, how = studies.landmark_plane(bench, example)
    drawn = partial(figures.landmark_map, plane, f"{example.replace('_', ' ')} ({rule})")
    return Drawn(drawn, plane, {"rule": rule, "landmark_id": example, "plane": how})


def _open_set(bench: Workbench) -> Drawn:
    """On DELF's queries, if it was measured: it answers a sample, and the others the same."""
    measured = bench.workspace.root / _DELF
    if measured.is_file():
        table = pd.read_csv(measured)
        n, photos = int(table["n"].iloc[0]), "the sample of test photos that DELF answers"
    else:
        ours = bench.evaluate(use_gps=False)
        plain = bench.evaluate(use_gps=False, recognizer=bench.plain_recognizer)
        found = {"sightlab": ours.curve, "rule of the article": plain.curve}
        table = pd.concat([curve.assign(system=name) for name, curve in found.items()], ignore_index=True)
        n, photos = ours.numbers["n_landmark"], "all test photos"
    facts = {"interval": "Wilson 95 %", "n": n, "photos": photos}
    return Drawn(partial(figures.open_set_systems, table, n), table, facts)


def _speed(bench: Workbench) -> Drawn:
    table = pd.read_csv(bench.workspace.root / _SPEED).replace({"system": {"delf": "DELF"}})
    asked = bench.workspace.root / _DELF  # the same photos
    n = int(pd.read_csv(asked)["n"].iloc[0]) if asked.is_file() else None
    facts = {"interval": "Wilson 95 %", "n": n}
    return Drawn(partial(drawings.accuracy_speed, table, n), table, facts)


def _reliability(bench: Workbench) -> Drawn:
    table = studies.probabilities(bench, "test")
    if table.empty:
        raise NotStored("tune holds too few photos to say how probable an answer is")
    return Drawn(partial(figures.reliability_diagram, table), table)


def _results(*notebooks: str) -> tuple[str, ...]:
    return tuple(f"results/{name}.json" for name in notebooks)


_DATA, _TRAINING = "01_photo_database", "04_curriculum_training"
_CENTROIDS, _RECOGNITION = "06_centroids_and_umap", "07_recognition"
FIGURES = (
    ReportFigure(
        "pipeline",
        "the method in one picture, with the counts of the run",
        _results(_DATA, _TRAINING, _CENTROIDS),
        _pipeline,
    ),
    ReportFigure("dirt", "wrong train photos before and after cleaning", _results(_TRAINING), _dirt),
    ReportFigure(
        "forgetting", "sensitivity of each region after each stage", _results(_TRAINING), _forgetting
    ),
    ReportFigure("losses", "networks that differ in their loss only", (_ROWS,), _losses, how=_RUN_LEAGUE),
    ReportFigure(
        "cam",
        "maps of evidence, four photos by a rule",
        _results(_TRAINING, "05_class_activation_maps"),
        _cam,
    ),
    ReportFigure("views", "photos of a landmark with two centroids", _results(_CENTROIDS), _views),
    ReportFigure("umap", "one landmark on a UMAP plane with its centroids", _results(_CENTROIDS), _umap),
    ReportFigure(
        "open_set",
        "sensitivity at every false-positive rate, both systems",
        _results(_RECOGNITION),
        _open_set,
        (_DELF,),
    ),
    ReportFigure("speed", "accuracy against speed, both systems", (_SPEED,), _speed, (_DELF,)),
    ReportFigure("reliability", "probability said against share right", _results(_RECOGNITION), _reliability),
)
