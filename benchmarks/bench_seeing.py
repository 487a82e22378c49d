"""How long people wait who look at results: the explorer on 5,000 failures, a review page, report figures.

python benchmarks/bench_seeing.py --photos folder --workspace workspace --out benchmarks/seeing.json

Needs a finished run; what it draws goes to a temporary folder and to report/ in that workspace. Each job runs
in a process of its own, `--rounds` times; the median is told. There is no rival to hold against: beside each
number stands the limit that was set before it was measured.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from measuring import fix_threads, parser_of

N_FAILURES, N_CARDS = 5_000, 400
LIMITS = {"explorer_open_seconds": 3.0, "bundle_megabytes": 25.0, "figures_seconds": 180.0}
WORDS = {  # what -> the job in words, unit
    "explorer_import_seconds": (
        "imports, as in the first cell of notebook 09",
        "s",
    ),
    "explorer_open_seconds": (
        "explorer on {n_failures:,} failures: results read, first page shown",
        "s",
    ),
    "explorer_card_seconds": ("... and the first card with its map, network read and run once", "s"),
    "bundle_seconds": ("`sightlab bundle`: {n_cards:,} photos with the maps of all targets", "s"),
    "bundle_megabytes": ("... its size", "MB"),
    "figures_seconds": ("`sightlab figures`: {n_figures} figures in two widths, numbers and tables", "s"),
}


def seeing_table(found: dict | None) -> str:
    """What was measured, with the limits, in Markdown."""
    if not found:
        return (
            "Not measured yet: `python benchmarks/bench_seeing.py --photos folder --workspace workspace "
            "--out benchmarks/seeing.json`."
        )
    lines = [
        f"{found['date']}, {found['threads']} cores of {found['processor']}; a run of {found['n_photos']:,} "
        f"photos, profile `{found['profile']}`; median of {found['rounds']} processes; load average "
        f"{found['load_before']} before and {found['load_after']} after.",
        "",
        "| job | measured | limit |",
        "| --- | ---: | ---: |",
    ]
    for what, (words, unit) in WORDS.items():
        limit = f"{LIMITS[what]:g} {unit}" if what in LIMITS else ""
        lines.append(f"| {words.format_map(found)} | {found[what]:.1f} {unit} | {limit} |")
    return "\n".join(lines)


def open_explorer(settings: argparse.Namespace) -> dict:
    """In a fresh process: imports, then everything between an opened workbench and a first card."""
    start = perf_counter()
    from sightlab import pipeline_failures
    from sightlab.pipeline import Workbench
    from sightlab.views import figures  # noqa: F401 - the notebook imports it in the same cell

    imported = perf_counter()
    bench = Workbench.open(settings.photos, settings.workspace, settings.profile)
    answers = pipeline_failures.answers(bench)
    n = min(N_FAILURES, len(bench.manifest.photos))
    many = answers.iloc[[row % len(answers) for row in range(n)]].reset_index(drop=True)
    many = many.assign(photo_id=bench.manifest.photos["photo_id"].iloc[:n].to_numpy())
    opened = perf_counter()
    bench = Workbench.open(settings.photos, settings.workspace, settings.profile)  # nothing remembered
    explorer = pipeline_failures.explorer(bench, many, reviewer="benchmark")
    ask(explorer, {"ask": "open"})
    page = ask(explorer, {"ask": "list", "page": 0})
    listed = perf_counter()
    ask(explorer, {"ask": "card", "row": page["tiles"][0]["row"], "references": True})
    return {
        "explorer_import_seconds": imported - start,
        "explorer_open_seconds": listed - opened,
        "explorer_card_seconds": perf_counter() - opened,
        "n_failures": n,
        "n_photos": len(bench.manifest.photos),
    }


def ask(explorer: object, question: dict) -> dict:
    """What its page would get; SystemExit with the words of a refusal."""
    reply, pictures = explorer._desk.answer(question)
    if "error" in reply or (question["ask"] == "list" and not pictures):
        raise SystemExit(f"the explorer did not answer {question['ask']}: {reply.get('error', 'no photo')}")
    return reply


def make_bundle(settings: argparse.Namespace) -> dict:
    """One review page of the test photos by the command."""
    with tempfile.TemporaryDirectory() as folder:
        out, start = Path(folder) / "review.html", perf_counter()
        said = command("bundle", settings, "--out", out, "--most", N_CARDS)
        seconds, size = perf_counter() - start, out.stat().st_size / 1e6
    n_cards = int(said.split(" photos,")[0].split()[-1].replace(",", ""))
    return {"bundle_seconds": seconds, "bundle_megabytes": size, "n_cards": n_cards}


def draw_figures(settings: argparse.Namespace) -> dict:
    """All figures that the workspace has results for, by the command."""
    start = perf_counter()
    said = command("figures", settings)
    return {"figures_seconds": perf_counter() - start, "n_figures": said.count(": drawn")}


def command(name: str, settings: argparse.Namespace, *more: object) -> str:
    """What a command of sightlab wrote."""
    where = ("--photos", settings.photos, "--workspace", settings.workspace, "--profile", settings.profile)
    words = [sys.executable, "-m", "sightlab", name, *where, *more]
    done = subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True)
    return done.stdout + done.stderr


JOBS = {"explorer": open_explorer, "bundle": make_bundle, "figures": draw_figures}


def measure(settings: argparse.Namespace) -> dict:
    """Medians over the rounds, each job in a process of its own."""
    found = {"load_before": round(os.getloadavg()[0], 2)}
    for job in JOBS:
        own = [str(Path(__file__)), "--job", job, "--threads", str(settings.threads)]
        own += ["--photos", settings.photos, "--workspace", settings.workspace]
        own += ["--profile", settings.profile]
        rounds = []
        for _ in range(settings.rounds):
            done = subprocess.run([sys.executable, *own], check=True, stdout=subprocess.PIPE, text=True)
            rounds.append(json.loads(done.stdout.splitlines()[-1]))
            print(f"{job}: {rounds[-1]}", flush=True)
        found |= {key: statistics.median(values[key] for values in rounds) for key in rounds[0]}
    return found | {"load_after": round(os.getloadavg()[0], 2), "rounds": settings.rounds}


def main() -> None:
    parser = parser_of(__doc__.splitlines()[0])
    parser.set_defaults(rounds=3)
    parser.add_argument("--photos", required=True, help="folder of photos of the run")
    parser.add_argument("--workspace", required=True, help="of a finished run")
    parser.add_argument("--profile", default="photos", help="of that run (default: photos)")
    parser.add_argument("--job", choices=JOBS, help="only this one, once; its numbers as JSON")
    settings = parser.parse_args()
    settings.threads = fix_threads(settings.threads)
    if settings.job:
        print(json.dumps(JOBS[settings.job](settings)))
        return

    from run_all import processor

    found = measure(settings) | {"threads": settings.threads, "profile": settings.profile}
    found |= {"processor": processor(), "date": datetime.now(UTC).date().isoformat()}
    if settings.out:
        settings.out.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"\n{seeing_table(found)}")


if __name__ == "__main__":
    main()
