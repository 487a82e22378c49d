"""Runs the numbered notebooks one after the other, with progress, and stops clearly.

A run is its notebooks in the order of their numbers. Every step of a notebook keeps its result in the
workspace, so a run that failed or was interrupted is continued by giving the same command again.
"""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sightlab.checks import InputError
from sightlab.notebook_kernel import execute_notebook
from sightlab.notebook_progress import print_progress
from sightlab.workspace import Workspace, atomic_write_text

NUMBERED = re.compile(r"^\d\d_\w+$")  # the name of a notebook that belongs to a run: 04_curriculum_training
UNKNOWN_MINUTES = 2.0  # on 2 CPU cores, for a notebook that nobody has timed


def duration(seconds: float) -> str:
    """Seconds in words: "8 s", "6 min 12 s", "1 h 02 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def find_notebooks(folder: Path) -> list[Path]:
    """The numbered notebooks of a folder in the order of their numbers.

    Raises:
        InputError: no such folder, no numbered notebook in it, or two with the same number.
    """
    folder = Path(folder)
    found = sorted(p for p in folder.glob("*.ipynb") if NUMBERED.match(p.stem))
    if not found:
        raise InputError(
            f"Expected notebooks named like 01_photo_database.ipynb, found none in {folder.resolve()}. "
            "They are part of the source checkout, not of an installed package: "
            "give this command inside the checkout, or name their folder with --notebooks."
        )
    numbers = [p.stem[:2] for p in found]
    twice = sorted({n for n in numbers if numbers.count(n) > 1})
    if twice:
        raise InputError(
            f"Every notebook number must be used once; {', '.join(twice)} is used by "
            f"{', '.join(p.name for p in found if p.stem[:2] in twice)} in {folder}. Rename or remove one."
        )
    return found


def notebooks_of(notebooks: Sequence[Path], profile: str) -> list[Path]:
    """Those that belong to a run: 00_tour compares with a truth that only the drawn world has."""
    return [p for p in notebooks if profile == "tour" or p.stem[:2] != "00"]


def choose_notebooks(notebooks: Sequence[Path], only: str | Sequence[str] | None) -> list[Path]:
    """Those whose number is in `only` ("04", "4", "04,07" or several such words); all without it."""
    if not only:
        return list(notebooks)
    words = [only] if isinstance(only, str) else list(only)
    wanted = [w.strip().zfill(2) for x in words for w in x.split(",") if w.strip()]
    chosen = [p for p in notebooks if p.stem[:2] in wanted or p.stem in wanted]
    unknown = [w for w in wanted if not any(w in (p.stem[:2], p.stem) for p in notebooks)]
    if unknown or not chosen:
        raise InputError(
            f"There is no notebook {', '.join(unknown) or 'of that number'}; --only takes one of "
            f"{', '.join(p.stem[:2] for p in notebooks)} (several: --only 02,04)."
        )
    return chosen


def remembered_seconds(workspace: Workspace, profile: str) -> dict[str, float]:
    """Notebook name -> seconds of its last complete execution in this workspace with this profile."""
    try:
        return dict(json.loads(_seconds_path(workspace).read_text()).get(profile, {}))
    except (OSError, ValueError, AttributeError, TypeError):
        return {}  # an estimate is all that is lost


def _seconds_path(workspace: Workspace) -> Path:
    return workspace.root / "logs" / "notebook_seconds.json"


def _remember(workspace: Workspace, profile: str, name: str, seconds: float) -> None:
    path = _seconds_path(workspace)
    try:
        everything = json.loads(path.read_text())
    except (OSError, ValueError):
        everything = {}
    everything.setdefault(profile, {})[name] = round(seconds, 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write_text(path, json.dumps(everything, indent=1, sort_keys=True) + "\n")


def expected_seconds(
    notebooks: Sequence[Path], before: Mapping[str, float], minutes: Mapping[str, float]
) -> dict[str, float]:
    """Notebook name -> seconds it will probably take.

    Args:
        notebooks: those that will run.
        before: seconds by notebook name, of the last time.
        minutes: by notebook number ("04"), for those that have not run yet.
    """
    return {p.stem: before.get(p.stem, 60 * minutes.get(p.stem[:2], UNKNOWN_MINUTES)) for p in notebooks}


def run_notebooks(
    notebooks: Path | Sequence[Path],
    parameters: Mapping[str, str],
    workspace: Workspace,
    only: str | Sequence[str] | None = None,
    progress: Callable[[str], None] = print_progress,
    expected_minutes: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """Executes the notebooks in the order of their numbers; seconds by notebook name.

    Args:
        notebooks: a folder, or the files themselves.
        parameters: PROFILE, PHOTOS, WORKSPACE for the cell tagged `parameters`; paths must be absolute.
        workspace: the executed copies go to its folder notebooks/.
        only: numbers of the notebooks wanted, all by default.
        progress: gets one line at a time.
        expected_minutes: by notebook number ("04"), for the first ETA; later runs know their own times.
    Raises:
        NotebookFailed: a cell raised, or its process died; the notebooks after it were not started.
        KeyboardInterrupt: Ctrl-C; the kernel was stopped.
    """
    given = find_notebooks(notebooks) if isinstance(notebooks, str | Path) else sorted(notebooks)
    chosen = choose_notebooks(given, only)
    profile = str(parameters.get("PROFILE", "photos"))
    expected = expected_seconds(chosen, remembered_seconds(workspace, profile), expected_minutes or {})
    copies = workspace.root / "notebooks"
    copies.mkdir(parents=True, exist_ok=True)
    progress(
        f"{len(chosen)} notebook{'s' if len(chosen) != 1 else ''}, about {duration(sum(expected.values()))} "
        f"(less where results are stored already). Executed copies: {copies}"
    )
    started, seconds = time.monotonic(), {}
    for place, notebook in enumerate(chosen):
        later = sum(expected[p.stem] for p in chosen[place + 1 :])
        head = f"[{place + 1}/{len(chosen)}] {notebook.stem}"
        progress(f"{head}: starts, about {duration(expected[notebook.stem])}")
        begun = time.monotonic()

        def tell(cell: str, head=head, begun=begun, later=later, usual=expected[notebook.stem]) -> None:
            elapsed = time.monotonic() - begun
            left = f"about {duration(max(usual - elapsed, 0) + later)} left"
            if elapsed > usual:
                left = "longer than expected" + (f", then about {duration(later)}" if later else "")
            progress(f"{head}: {cell}, {duration(elapsed)} so far, {left}")

        execute_notebook(notebook, copies / notebook.name, parameters, tell)
        seconds[notebook.stem] = time.monotonic() - begun
        _remember(workspace, profile, notebook.stem, seconds[notebook.stem])
        progress(
            f"{head}: done in {duration(seconds[notebook.stem])}; {duration(time.monotonic() - started)} "
            f"in all{f', about {duration(later)} left' if later else ''}"
        )
    return seconds
