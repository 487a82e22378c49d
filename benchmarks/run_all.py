"""All benchmarks, one after the other, in one table: what `make bench` does. 5 minutes on 2 quiet cores.

python benchmarks/run_all.py                          drawn photos
python benchmarks/run_all.py --photos folder          photos of yours where photos are embedded
python benchmarks/run_all.py --table                  only writes BENCHMARKS.md again from what was measured

Prints the table and writes it to BENCHMARKS.md, the rows to benchmarks/rows.json, and the ratios with the
absolute numbers under flat keys to benchmarks/results.json. Each script runs in a process of its own, so that
no library's threads disturb another's.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bench_seeing import seeing_table
from costs import PHOTOS, article_trunk, costs_table
from growth_pages import growth_table
from measuring import Row, shown

FOLDER = Path(__file__).resolve().parent
PAGE = FOLDER.parent / "BENCHMARKS.md"
RESULTS, ROWS, TRAINING, GROWTH, SEEING = (
    FOLDER / f"{name}.json" for name in ("results", "rows", "training", "growth", "seeing")
)
SCRIPTS = (
    ("bench_embed",),
    ("bench_large_photos",),
    ("bench_recognize",),
    ("bench_recognize", "--trunk", "wide_resnet50_2", "--rounds", "30"),
    ("bench_search",),
    ("bench_linkage",),
    ("bench_cam",),
    ("bench_train",),
)
RATIOS = (
    "embed_vs_timm_loop",
    "embed_vs_bare_engine",
    "recognize_vs_bare_forward",
    "recognize_vs_bare_forward_wide_resnet50_2",
    "search_vs_faiss_flat",
    "linkage_vs_scipy",
    "cam_vs_grad_cam",
    "train_vs_bare_step",
)


def run(photos: Path | None, threads: int) -> tuple[list[Row], dict]:
    """Rows of all scripts, and flat numbers with what they rest on."""
    rows, numbers, started = [], {}, time.perf_counter()
    numbers["load_before"] = round(os.getloadavg()[0], 2)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "found.json"
        for script, *more in SCRIPTS:
            print(f"{script}.py {' '.join(more)}", flush=True)
            words = [sys.executable, str(FOLDER / f"{script}.py"), "--out", out, "--threads", threads, *more]
            if photos is not None and script == "bench_embed":
                words += ["--photos", photos]
            subprocess.run([str(word) for word in words], check=True)
            found = json.loads(out.read_text(encoding="utf-8"))
            rows += [Row(**row) for row in found["rows"]]
            numbers |= found["numbers"]
    numbers |= {key: next((row.ratio for row in rows if row.key == key), None) for key in RATIOS}
    machine = found["machine"]
    return rows, numbers | {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": processor(),
        "cores": machine["n_cpus"],
        "threads": threads,
        "load_after": round(os.getloadavg()[0], 2),
        "seconds": round(time.perf_counter() - started),
        "commit": machine["commit"],
        **{f"version_{name}": version for name, version in machine["versions"].items()},
    }


def processor() -> str:
    """Its name, and whether it has bfloat16."""
    import openvino as ov

    core = ov.Core()
    can = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    name = core.get_property("CPU", "FULL_DEVICE_NAME").strip()
    return f"{name}, {'with' if 'BF16' in can else 'without'} bfloat16"


def table(rows: list[Row], numbers: dict) -> str:
    """The rows in Markdown, with machine and date."""
    lines = [
        f"{numbers['date']}, {numbers['threads']} of {numbers['cores']} cores of {numbers['processor']}; "
        f"OpenVINO {numbers['version_openvino']}, torch {numbers['version_torch']}; load average "
        f"{numbers['load_before']} before and {numbers['load_after']} after; {numbers['seconds'] / 60:.0f} "
        f"minutes; commit `{numbers['commit'][:10]}`; 256-px photos {numbers['embed_photos_are']}.",
        "",
        "| job | sightlab | instead | that | unit | times better (middle half of the rounds) |",
        "| --- | ---: | --- | ---: | --- | --- |",
    ]
    for row in rows:
        better = row.note if row.ratio is None else f"**{row.ratio:.2f}** ({row.note})"
        values = f"{shown(row.ours)} | {row.rival} | {shown(row.theirs)}"
        lines.append(f"| {row.what} | {values} | {row.unit} | {better} |")
    return "\n".join(lines)


def training_tables(found: dict | None) -> str:
    """What `bench_training.py` measured, in Markdown."""
    if found is None:
        return "Not measured yet: `python benchmarks/bench_training.py --photos folder --store rows`."
    speed = [row for name, row in found["rows"].items() if name.startswith("speed")]
    lines = ["| update | core-ms a photo |", "| --- | ---: |"]
    lines += [f"| {row['name']} | {row['core_ms']:.1f} |" for row in speed]
    rows = [row for name, row in found["rows"].items() if name.startswith("accuracy")]
    if rows:
        columns = (
            "training | epochs | core-minutes | sensitivity at FPR 1 % on tune (95 %) | closed-set accuracy"
        )
        lines += ["", f"| {columns} |", "| --- | ---: | ---: | --- | ---: |"]
    for row in rows:
        sensitivity = f"{row['sensitivity_at_fpr_1pct']:.1%} ({row['low']:.1%} to {row['high']:.1%})"
        cells = [row["name"], row["epochs"], f"{row['core_seconds'] / 60:.1f}", sensitivity]
        lines.append(f"| {' | '.join(map(str, cells))} | {row['closed_set_accuracy']:.1%} |")
    return "\n".join(lines)


def with_block(page: str, name: str, block: str) -> str:
    """The page with the text between the markers of that name replaced."""
    start, end = f"<!-- {name}:start -->", f"<!-- {name}:end -->"
    if page.count(start) != 1 or page.count(end) != 1:
        raise SystemExit(f"BENCHMARKS.md must hold {start} and {end}, once each")
    before, after = page[: page.index(start)], page[page.index(end) :]
    return f"{before}{start}\n{block}\n{after}"


def read(path: Path) -> dict | list | None:
    """A JSON file, None when it is not there."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def page_of(
    rows: list[Row], numbers: dict, training: dict | None, growth: dict | None, seeing: dict | None
) -> str:
    """BENCHMARKS.md with its blocks renewed."""
    blocks = {
        "table": table(rows, numbers),
        "training": training_tables(training),
        "growth": growth_table(growth),
        "seeing": seeing_table(seeing),
        "costs": costs_table(PHOTOS, numbers, growth, article_trunk()),
    }
    page = PAGE.read_text(encoding="utf-8")
    for name, block in blocks.items():
        page = with_block(page, name, block)
    return page


def main() -> None:
    parser = argparse.ArgumentParser(description="All benchmarks in one table.")
    parser.add_argument("--photos", type=Path, help="folder of photos for bench_embed; none: drawn")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--table", action="store_true", help="measure nothing, write BENCHMARKS.md again")
    settings = parser.parse_args()
    if settings.table:
        rows, numbers = [Row(**row) for row in read(ROWS)], read(RESULTS)
    else:
        rows, numbers = run(settings.photos, settings.threads)
        ROWS.write_text(json.dumps([row.__dict__ for row in rows], indent=1) + "\n", encoding="utf-8")
        RESULTS.write_text(json.dumps(numbers, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    page = page_of(rows, numbers, read(TRAINING), read(GROWTH), read(SEEING))
    PAGE.write_text(page, encoding="utf-8")
    print(f"\n{table(rows, numbers)}\n")


if __name__ == "__main__":
    main()
