# SPDX-License-Identifier: PostgreSQL
"""plot - recall against queries per second as PNG, one line for each system."""
import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  (the backend has to be chosen first)
from matplotlib.ticker import LogLocator, NullFormatter  # noqa: E402

COLOURS = {"vecstore": "#1f6feb", "pgvector": "#d1242f", "faiss": "#6e7781", "hnswlib": "#1a7f37"}
OTHER_COLOURS = ("#8250df", "#bf8700", "#0a7ea4", "#bc4c00")
RECALL_TICKS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999)
FULL_RECALL = 0.99995  # where a curve that reaches 1 is drawn


def plot_curves(file, title, curves):
    """Recall grows to the right in steps of the remaining error, QPS upwards; both logarithmic."""
    figure, axes = pyplot.subplots(figsize=(8, 5), dpi=150)
    spare = iter(OTHER_COLOURS)
    for system, records in curves.items():
        colour = COLOURS.get(system) or next(spare)
        draw(axes, [r for r in records if r["setting"].startswith("ef ")], system, colour)
        draw_presets(axes, [r for r in records if r["setting"].startswith("preset ")], colour)
    style(axes, title)
    figure.tight_layout()
    figure.savefig(file)
    pyplot.close(figure)


def draw(axes, records, system, colour):
    records = sorted(records, key=lambda r: r["recall"])
    axes.plot([position(r["recall"]) for r in records], [r["qps"] for r in records],
              marker="o", markersize=4, linewidth=1.8, color=colour, label=system)


def draw_presets(axes, records, colour):
    for record in records:
        point = position(record["recall"]), record["qps"]
        axes.plot(*point, marker="D", markersize=8, markerfacecolor="none", color=colour)
        axes.annotate(record["setting"].split()[1], point, xytext=(7, 7),
                      textcoords="offset points", fontsize=8, color=colour)


def style(axes, title):
    axes.set_title(title)
    axes.set_xlabel("recall@10")
    axes.set_ylabel("queries per second, one core")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    low, high = axes.get_xlim()
    ticks = [tick for tick in RECALL_TICKS if low <= position(tick) <= high]
    axes.set_xticks([position(tick) for tick in ticks], [f"{tick:g}" for tick in ticks])
    axes.grid(True, which="major", color="#d0d7de", linewidth=0.8)
    axes.grid(True, which="minor", axis="y", color="#eaeef2", linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)


def position(recall):
    return -np.log10(1 - min(recall, FULL_RECALL))
