"""What a database of the article's size would cost, computed from measured rates; measures nothing itself.

python benchmarks/costs.py                                      3.2 million photos, 11,000 landmarks
python benchmarks/costs.py --photos 500000 --cores 2 32
python benchmarks/costs.py --embed 4000 --train 900             rates of a machine of yours, photos a second

Rates come from results.json (embedding, training), growth.json (cleaning, centroids, search, evaluation, from
their largest size on by what each compares with what) and trunks.csv (the article's trunk). More cores than
were measured are an assumption: that rates grow with them. No GPU was measured: measure yours with
bench_embed.py and bench_train.py and give its rates.
"""

import argparse
import csv
import json
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
PHOTOS, LANDMARKS = 3_200_000, 11_000  # Boiarov & Tyantov 2019
REGIONS = 4
EPOCHS = {
    "photos": (8, 4, 4, 12),
    "full": (12, 8, 8, 8),
}  # of each stage; a stage sees the regions before too
VIEWS, VIEW_BYTES = 10, 112 * 14 * 14 * 2  # cached behind six frozen stages of lite0 at 224 px, float16
DIM = 256


@dataclass(frozen=True)
class Step:
    """One line of the table."""

    words: str
    core_hours: float
    kind: str = "other"  # "embed" or "train": what a machine's own rate is given for
    passes: float = 0.0  # photos looked at, as a multiple of all; for those two


def passes(epochs: tuple[int, ...]) -> float:
    """How often the curriculum looks at all photos: stage k of n like regions sees k / n of them an epoch."""
    return sum(n * (stage + 1) / len(epochs) for stage, n in enumerate(epochs))


def grown(growth: dict, job: str, n: int, landmarks: int = LANDMARKS) -> float:
    """Seconds of one core for a measured job at n photos, from its largest size on.

    Cleaning compares every photo with every landmark, clustering with the photos of its own landmark;
    search has 15,000 centroids at every size; evaluation sorts. All but the last multiply embeddings, here
    longer ones.
    """
    row, settings = growth["jobs"][job], growth["settings"]
    last = max(row["points"], key=lambda point: point["n"])
    times = n / last["n"]
    if job == "evaluation":
        return last["seconds"] * times ** max(1.0, row["exponent_seconds"] or 1.0)
    measured_landmarks = last["n"] / settings["photos_per_landmark"]
    if job == "cleaning":
        times *= landmarks / measured_landmarks
    if job == "clustering":
        times *= n / landmarks / settings["photos_per_landmark"]
    return last["seconds"] * times * max(1.0, DIM / settings["dim"])


def grown_gib(row: dict, n: int) -> float:
    """Memory of a measured job at n photos: on along its exponent, at least linearly."""
    last = max(row["points"], key=lambda point: point["n"])
    return last["mib"] / 1024 * (n / last["n"]) ** max(1.0, row["exponent_mib"] or 1.0)


def steps(n: int, results: dict, growth: dict, trunk: dict) -> dict[str, list[Step]]:
    """The steps of profile photos, and of profile full, on n photos."""
    embed, train = (
        results[name] / results["threads"] for name in ("embed_photos_per_second", "train_photos_per_second")
    )  # photos a second of one core

    def step(words: str, kind: str, times: float, rate: float) -> Step:
        return Step(f"{words}: {times:g} x all photos", n * times / rate / 3600, kind, times)

    common = [
        Step("cleaning by references, all regions at once", grown(growth, "cleaning", n) / 3600),
        Step("centroids of every landmark", grown(growth, "clustering", n) / 3600),
        Step("search of as many photos among 15,000 centroids", grown(growth, "search", n) / 3600),
        Step("evaluation of as many answers", grown(growth, "evaluation", n) / 3600),
    ]
    taught = {name: passes(epochs) for name, epochs in EPOCHS.items()}
    return {
        "photos": [
            step("embedding before cleaning, and at the end", "embed", 2, embed),
            step(f"making {VIEWS} views, at most one forward pass each", "embed", VIEWS, embed),
            step("training the late stages of lite0", "train", taught["photos"], train),
            *common,
        ],
        "full": [
            step("embedding before cleaning, and at the end", "embed", 2, float(trunk["forward"])),
            step("training the whole WRN-50-2", "train", taught["full"], float(trunk["training"])),
            *common,
        ],
    }


def hours_on(step: Step, cores: int, n: int, own: dict[str, float]) -> float:
    """Hours of one step on so many cores, or with a machine's own rate where it gave one."""
    if step.kind in own:
        return n * step.passes / own[step.kind] / 3600
    return step.core_hours / cores


def in_words(hours: float) -> str:
    """12 s, 7 min, 3.4 h, 5 days."""
    if hours < 1 / 60:
        return f"{hours * 3600:.0f} s" if hours * 3600 >= 1 else "< 1 s"
    if hours < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:,.0f} days"


def costs_table(n: int, results: dict, growth: dict | None, trunk: dict, cores=(2, 64), own=None) -> str:
    """The page in Markdown.

    Args:
        cores: of the machines that the columns are for; the first is the one that was measured.
        own: photos a second of a whole machine, by "embed" and "train", for a column of its own.
    """
    if not growth or set(growth["jobs"]) < {"cleaning", "clustering", "search", "evaluation"}:
        return "Not computed yet: it needs `python benchmarks/bench_growth.py --out benchmarks/growth.json`."
    columns = [(f"{cores[0]} cores", cores[0], {})]
    columns += [(f"{c} cores, if rates grow with them", c, {}) for c in cores[1:]]
    if own:
        columns.append(("rates given", cores[0], own))
    lines = [
        f"Computed for {n:,} photos of {LANDMARKS:,} landmarks from rates measured on {results['threads']} "
        f"cores of {results['processor']} ({results['date']}; growth {growth['settings']['date']}), not "
        f"measured at this size. {REGIONS} regions of the same size. No GPU was measured.",
    ]
    for profile, own_steps in steps(n, results, growth, trunk).items():
        heads = " | ".join(name for name, _, _ in columns)
        lines += [
            "",
            f"| profile `{profile}` | core-hours | {heads} |",
            f"| --- | ---: |{' ---: |' * len(columns)}",
        ]
        total = [0.0] * len(columns)
        for step in own_steps:
            hours = [hours_on(step, c, n, rates) for _, c, rates in columns]
            total = [a + b for a, b in zip(total, hours, strict=True)]
            cells = " | ".join(map(in_words, hours))
            lines.append(
                f"| {step.words} | {step.core_hours:,.{0 if step.core_hours >= 10 else 2}f} | {cells} |"
            )
        core_hours = sum(step.core_hours for step in own_steps)
        lines.append(
            f"| **all** | **{core_hours:,.0f}** | {' | '.join(f'**{in_words(h)}**' for h in total)} |"
        )
    memory = {job: grown_gib(row, n) for job, row in growth["jobs"].items()}
    largest = max(memory, key=memory.get)
    lines += [
        "",
        f"Embeddings of {DIM} numbers are {n * DIM * 4 / 1e9:.1f} GB; cached views of profile `photos` "
        f"{n * VIEWS * VIEW_BYTES / 1e12:.1f} TB of disk (fewer views take less). Beside the embeddings "
        f"most memory is taken by {largest}: {memory[largest]:.1f} GiB.",
    ]
    return "\n".join(lines)


def article_trunk() -> dict:
    """The row of trunks.csv that profile full trains."""
    with (FOLDER / "trunks.csv").open(encoding="utf-8") as file:
        return next(row for row in csv.DictReader(file) if row["trunk"] == "wide_resnet50_2")


def main() -> None:
    parser = argparse.ArgumentParser(description="What a large database would cost, from measured rates.")
    parser.add_argument("--photos", type=int, default=PHOTOS)
    parser.add_argument("--cores", type=int, nargs="+", default=[2, 64])
    parser.add_argument("--embed", type=float, help="photos a second that your machine embeds")
    parser.add_argument("--train", type=float, help="photos a second that your machine trains on")
    args = parser.parse_args()
    own = {name: rate for name in ("embed", "train") if (rate := getattr(args, name))}
    results, growth = (
        json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
        for path in (FOLDER / "results.json", FOLDER / "growth.json")
    )
    if results is None:
        raise SystemExit("No benchmark has been recorded yet: make bench")
    print(costs_table(args.photos, results, growth, article_trunk(), args.cores, own))


if __name__ == "__main__":
    main()
