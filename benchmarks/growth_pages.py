"""What `bench_growth.py` measured, as a table and a plot."""

from pathlib import Path

WORDS = {
    "cleaning": "cleaning by references, second look included",
    "clustering": "centroids: complete linkage of every landmark",
    "search": "search among 15,000 centroids",
    "evaluation": "sensitivity at FPR 1 % and micro-AP",
}


def growth_table(found: dict | None) -> str:
    """The largest size of each job and its exponents, in Markdown."""
    if not found:
        return "Not measured yet: `python benchmarks/bench_growth.py --out benchmarks/growth.json`."
    settings = found["settings"]
    lines = [
        f"{settings['date']}, {settings['threads']} core of {settings['processor']}; made embeddings of "
        f"{settings['dim']} numbers, {settings['photos_per_landmark']} a landmark.",
        "",
        "| job | photos | CPU seconds | peak memory, MiB | time grows as | memory grows as |",
        "| --- | ---: | ---: | ---: | --- | --- |",
    ]
    for job, row in found["jobs"].items():
        last = row["points"][-1]
        powers = [power(row[f"exponent_{what}"]) for what in ("seconds", "mib")]
        values = f"{last['n']:,} | {last['seconds']:,.1f} | {last['mib']:,}"
        lines.append(f"| {WORDS[job]} | {values} | {' | '.join(powers)} |")
    if "photo_path" in found:
        lines += ["", memory_words(found["photo_path"])]
    return "\n".join(lines)


def memory_words(found: dict) -> str:
    """What `bench_memory.py` saw, in two sentences."""
    start, end, growth, most, table = (
        found[f"memory_{name}_megabytes"]
        for name in ("after_5_shards", "end_of_stream", "growth", "peak", "table")
    )
    return (
        f"Embedding {found['memory_n_photos']:,} drawn photos at {found['size']} px, files in and a stored "
        f"table out ({found['date']}): {start:,} MB of memory after 5,120 photos, {end:,} MB after the last "
        f"one ({growth:+,}), at most {most:,} MB while the table of {table:,} MB is put together."
    )


def power(exponent: float | None) -> str:
    """N^1.02, or a dash where too little was used to be measured."""
    return "-" if exponent is None else f"N^{exponent:.2f}"


def draw(found: dict, path: Path) -> None:
    """Time and memory over the number of photos, logarithmic; the same numbers draw the same SVG."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    for axes, (what, words) in zip(
        figure.subplots(1, 2), {"seconds": "CPU seconds", "mib": "peak memory, MiB"}.items(), strict=True
    ):
        for job, row in found["jobs"].items():
            points = [(p["n"], p[what]) for p in row["points"] if p[what] > 0]
            axes.loglog(*zip(*points, strict=True), "o-", label=f"{job}, {power(row[f'exponent_{what}'])}")
        axes.set(xlabel="photos", ylabel=words)
        axes.grid(alpha=0.3)
        axes.legend(frameon=False, fontsize="small")
    with rc_context({"svg.hashsalt": "sightlab", "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None})
