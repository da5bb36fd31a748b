"""Plots what cohort_bench and its peers have measured: a PNG and an SVG for each case in a file of JSON lines."""

import argparse
import json
import pathlib
import re
import zlib

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot, ticker  # noqa: E402  # after the choice of what it draws with

# Case to title, and to what its sizes are.
CASES = {
    "submit_flat": ("Many tasks int → int, submitted one by one, all results gathered", "tasks"),
    "local_flat": ("Many tasks int → int in one process, on two threads", "tasks"),
    "round_trip": ("One task and its result", ""),
    "chain": ("Tasks that each need the one before", "tasks"),
    "tree": ("A sum of many numbers by a tree of single tasks", "leaves"),
    "gather": ("A value from a worker to rank 0", "bytes"),
    "exchange": ("A value from worker to worker", "bytes"),
    "exchange, all read": ("A value from worker to worker, and its sum", "bytes"),
    "trade": ("A value made on each of two workers, and its sum on the other", "bytes"),
    "broadcast": ("A value from rank 0 to all workers", "bytes"),
    "remote_shape": ("The shape of an array that stays on a worker", "bytes of the array"),
    "map": ("The sum of a map over many elements", "elements"),
    "imbalance": ("Tasks of very different times, the longest last", ""),
    "idle": ("A run that has nothing to do", ""),
    "startup": ("A program of three ranks: its start to its exit", ""),
    "startup, first result": ("A program of three ranks: its start to its first result", ""),
    "startup, last result to exit": ("A program of three ranks: its last result to its exit", ""),
    "memory": ("Memory of each task", "tasks"),
}
UNITS = {
    "us": "time, µs", "us/task": "µs per task", "ms": "time, ms", 
    "us METG": "METG(50 %), µs", "B/task": "bytes per task",
    "x bound": "time / its lower bound", "% of a CPU": "CPU time, % of one core",
}
BLUE, SKY, ORANGE, YELLOW, GREEN, PINK, BLACK, GREY = (
    "#0072B2", "#56B4E9", "#D55E00", "#E69F00", "#009E73", "#CC79A7", "#222222", "#8C8C8C")
# The usual way by hand over MPI is orange everywhere. Systems of one colour are never in the same plot.
COLOURS = {
    "cohort, again": SKY, "cohort, sent": GREEN, "cohort": BLUE, "cohort, one worker": BLUE, "cohort, alternating": SKY, "cohort, round trip": SKY,
    "cohort, idle": BLUE, "cohort, first task": BLUE,
    "waiting, at rank 0": BLUE, "waiting, at a worker": SKY, "held, at rank 0": GREEN, "held, at a worker": YELLOW,
    "MPI, all ranks": YELLOW, "plain loop": GREY, "oneTBB task_group": GREEN,
    "dask.distributed": PINK, "mpi4py.futures": BLACK,
}
MARKERS = "osD^vPX*"


def colour_of(system):
    if system in COLOURS:
        return COLOURS[system]
    if "MPI" in system:
        return ORANGE
    return pyplot.get_cmap("tab20")(zlib.crc32(system.encode()) % 20)


def title_of(case):
    if case in CASES:
        return CASES[case]
    if case.startswith("task_graph "):
        return "Task Bench, " + case.removeprefix("task_graph "), "tasks in a step"
    return case, "size"


def size_text(size, what):
    if what.startswith("bytes"):
        for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
            if size >= factor:
                return f"{size / factor:g} {unit}"
    if size >= 1_000 and re.fullmatch("10*", str(size)):
        return f"$10^{len(str(size)) - 1}$"
    return f"{size:g}"


def value_text(value):
    return f"{value:,.0f}".replace(",", "\u2009") if value >= 1_000 else f"{value:.3g}"


def read(path):
    """(case, unit) to series to size to row; of rows that differ in their reference alone, or in their run, the last."""
    plots = {}
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        series = plots.setdefault((row["case"], row["unit"]), {}).setdefault((row["system"], row["ranks"]), {})
        series[row["size"]] = row
    return plots


def label_of(system, ranks, several_ranks):
    return f"{system}, {ranks} ranks" if several_ranks else system


def scale_values(axis, set_scale, set_limits, rows):
    """Logarithmic where the values span more than a decade, else from 0; with some room at the far end."""
    least, most = min(row["min"] for row in rows), max(row["max"] for row in rows)
    if least <= 0 or most <= 10 * least:
        set_limits(min(0, 1.15 * least), 1.15 * most)
        return
    set_scale("log")
    set_limits(least / 1.5, most * (most / least) ** 0.15)
    within = (1, 2, 5) if most < 300 * least else (1,)
    axis.set_major_locator(ticker.LogLocator(subs=within))
    axis.set_minor_formatter(ticker.NullFormatter())
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: value_text(value)))


def whiskers(rows):
    return [[row["median"] - row["min"] for row in rows], [row["max"] - row["median"] for row in rows]]


def draw_lines(axes, series, several_ranks, what):
    for marker, ((system, ranks), by_size) in zip(MARKERS * len(series), series.items()):
        rows = [by_size[size] for size in sorted(by_size)]
        axes.errorbar([row["size"] for row in rows], [row["median"] for row in rows], yerr=whiskers(rows),
                      label=label_of(system, ranks, several_ranks), color=colour_of(system), marker=marker,
                      markersize=5, linewidth=1.6, elinewidth=1, capsize=3)
    sizes = sorted({size for by_size in series.values() for size in by_size})
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(ticker.FixedLocator(sizes))
    axes.xaxis.set_minor_locator(ticker.NullLocator())
    axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda size, _: size_text(round(size), what)))
    axes.tick_params(axis="x", labelsize=9)
    axes.set_xlabel(what)
    rows = [row for by_size in series.values() for row in by_size.values()]
    scale_values(axes.yaxis, axes.set_yscale, axes.set_ylim, rows)
    axes.set_ylabel(UNITS.get(rows[0]["unit"], rows[0]["unit"]))
    axes.legend(fontsize=9, frameon=False, loc="upper left", bbox_to_anchor=(1, 1), borderaxespad=0)


def draw_bars(axes, series, several_ranks):
    rows = [row for by_size in series.values() for row in by_size.values()]
    labels = [label_of(*key, several_ranks) for key in series]
    axes.barh(labels, [row["median"] for row in rows], xerr=whiskers(rows), height=0.6, capsize=3,
              color=[colour_of(row["system"]) for row in rows], error_kw={"elinewidth": 1, "ecolor": BLACK})
    axes.invert_yaxis()
    scale_values(axes.xaxis, axes.set_xscale, axes.set_xlim, rows)
    for place, row in enumerate(rows):
        axes.annotate(value_text(row["median"]), (row["max"], place), xytext=(6, 0), textcoords="offset points",
                      va="center", fontsize=9)
    axes.grid(False, axis="y")
    axes.set_xlabel(UNITS.get(rows[0]["unit"], rows[0]["unit"]))


def caption_of(rows):
    ranks = sorted({row["ranks"] for row in rows} - {0})
    threads = sorted({row["threads"] for row in rows} - {0})
    parts = ["median, least and most of each; less is better"]
    if ranks:
        parts.append(" and ".join(map(str, ranks)) + " ranks")
    if threads and max(threads) > 1:
        parts.append(" and ".join(map(str, threads)) + " threads")
    return "; ".join(parts)


def plot(case, unit, series, stem):
    title, what = title_of(case)
    sizes = {size for by_size in series.values() for size in by_size}
    rows = [row for by_size in series.values() for row in by_size.values()]
    several_ranks = len({system for system, _ in series}) < len(series)
    height = 4.2 if len(sizes) > 1 else 1.6 + 0.5 * len(series)
    figure, axes = pyplot.subplots(figsize=(8, height), layout="constrained")
    axes.grid(True, color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    if len(sizes) > 1:
        draw_lines(axes, series, several_ranks, what)
    else:
        if what:
            title += f" ({size_text(*sizes, what)} {what})"
        draw_bars(axes, series, several_ranks)
    axes.set_title(title, fontsize=11.5, loc="left", pad=20)
    axes.annotate(caption_of(rows), (0, 1), xytext=(0, 6), xycoords="axes fraction", textcoords="offset points",
                  fontsize=8.5, color="#555555")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(stem.with_suffix(".png"), dpi=144, metadata={"Software": None})
    figure.savefig(stem.with_suffix(".svg"), metadata={"Date": None, "Creator": None})
    pyplot.close(figure)


def slug(text):
    return re.sub("[^a-z0-9]+", "-", text.lower().replace("%", "percent")).strip("-")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", help="of JSON lines, as scripts/bench --json writes it")
    parser.add_argument("folder", type=pathlib.Path, help="for the plots; made where it is missing")
    arguments = parser.parse_args()
    # The same figures make the same SVG, with its text as text.
    matplotlib.rcParams.update({"svg.hashsalt": "cohort", "svg.fonttype": "none", "font.size": 10})
    arguments.folder.mkdir(parents=True, exist_ok=True)
    plots = read(arguments.file)
    cases = [case for case, _ in plots]
    for (case, unit), series in plots.items():
        name = slug(case if cases.count(case) == 1 else f"{case} {unit}")
        plot(case, unit, series, arguments.folder / name)
        print(arguments.folder / f"{name}.png")


main()
