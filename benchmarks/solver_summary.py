"""What the table says: the best of ours and of each library, as numbers, as text and as a plot."""

import math
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from solver_ours import LEARNED, LIBRARY, named

from sciml.io.atomic import atomic_file

Row = dict[str, Any]
TITLES = {"ring": "ring, 2-D", "image": "mixture, 64-D", "field": "field, 256-D"}
SCHEDULES = {"linear": "VP linear", "cosine": "VP cosine", "ve": "VE"}
OURS, OURS_PLAIN, OURS_LEARNED = "sciml, statistics known", "sciml, nothing known", "sciml, learned grid"
DDIM = "DDIM"


def series(rows: Iterable[Row]) -> dict[str, Callable[[Row], bool]]:
    """Which rows make a curve; those of ours that know mean and spectrum of the data, or more, know what peers do not."""
    libraries = dict.fromkeys(row["library"] for row in rows if row["library"] != LIBRARY)
    plain = named()
    chosen: dict[str, Callable[[Row], bool]] = {
        OURS: lambda row: row["library"] == LIBRARY and row["solver"] not in LEARNED,
        OURS_PLAIN: lambda row: row["library"] == LIBRARY and row["solver"] in plain,
        OURS_LEARNED: lambda row: row["solver"] in LEARNED,
    }
    chosen |= {library: partial(_is_of, library) for library in libraries}
    return chosen | {DDIM: lambda row: row["solver"] == "ddim"}


def _is_of(library: str, row: Row) -> bool:
    return row["library"] == library


def summarise(rows: list[Row]) -> dict[str, dict[str, dict[str, dict[str, Any]]]]:
    """By problem, curve and calls the best error, its median, solver and grid."""
    summary: dict[str, Any] = {}
    for key in dict.fromkeys((row["schedule"], row["problem"]) for row in rows):
        here = [row for row in rows if (row["schedule"], row["problem"]) == key]
        curves = {name: _best([row for row in here if chosen(row)]) for name, chosen in series(rows).items()}
        summary[f"{key[1]}, {key[0]}"] = {name: curve for name, curve in curves.items() if curve}
    return summary


def _best(rows: list[Row]) -> dict[str, dict[str, Any]]:
    calls = sorted({calls for row in rows for calls in row["errors"]}, key=int)
    best = {}
    for n in calls:
        row = min((row for row in rows if n in row["errors"]), key=lambda row: row["errors"][n])
        best[n] = {
            "error": row["errors"][n],
            "median": row["medians"][n],
            "solver": row["solver"],
            "grid": row["grids"][n],
        }
    return best


def champion(rows: list[Row], library: str, calls: str = "10") -> tuple[str, str]:
    """The solver of a library with the least geometric mean error over the problems, and its commonest grid."""
    means: dict[str, float] = {}
    for solver in dict.fromkeys(row["solver"] for row in rows if row["library"] == library and row["solver"] not in LEARNED):
        errors = [row["errors"].get(calls, math.inf) for row in rows if (row["library"], row["solver"]) == (library, solver)]
        means[solver] = sum(map(math.log, errors)) / len(errors)
    best = min(means, key=means.__getitem__)
    grids = [row["grids"][calls] for row in rows if (row["library"], row["solver"]) == (library, best)]
    return best, max(grids, key=grids.count)


def as_text(rows: list[Row]) -> str:
    """Every row of every problem, errors by calls, each with the first letters of its grid."""
    lines = []
    for key in dict.fromkeys((row["schedule"], row["problem"]) for row in rows):
        here = [row for row in rows if (row["schedule"], row["problem"]) == key]
        calls = sorted({n for row in here for n in row["errors"]}, key=int)
        lines += ["", f"## {TITLES[key[1]]}, {SCHEDULES[key[0]]}", f"{'solver':44}" + "".join(f"{n:>14}" for n in calls)]
        for row in here:
            cells = [f"{_number(row['errors'].get(n))} {_short(row['grids'].get(n, '')):5}" for n in calls]
            lines.append(f"{row['library'] + ' ' + row['solver']:44}" + "".join(f"{cell:>14}" for cell in cells))
    return "\n".join(lines)


def as_brief(summary: dict[str, dict[str, dict[str, dict[str, Any]]]]) -> str:
    """The best of each curve."""
    lines = []
    for problem, curves in summary.items():
        calls = sorted({n for curve in curves.values() for n in curve}, key=int)
        lines += ["", f"## {problem}", f"{'best of':22}" + "".join(f"{n:>10}" for n in calls)]
        for name, curve in curves.items():
            lines.append(f"{name:22}" + "".join(f"{_number(curve[n]['error']) if n in curve else '-':>10}" for n in calls))
    return "\n".join(lines)


def _number(error: float | None) -> str:
    if error is None:
        return "-"
    return f"{error:.4f}" if error >= 0.01 else f"{error:.1e}"


def _short(grid: str) -> str:
    name, _, end = grid.partition(", ")
    return name[:4] + end[:1]


STYLES: dict[str, dict[str, Any]] = {
    OURS: {"color": "#0b3c8c", "linewidth": 2.2, "marker": "o"},
    OURS_PLAIN: {"color": "#5fa8e6", "linewidth": 1.8, "marker": "o", "markerfacecolor": "white"},
    OURS_LEARNED: {"color": "#0b3c8c", "linewidth": 2.2, "linestyle": "--", "marker": "D"},
    "diffusers": {"color": "#d1495b", "marker": "s"},
    "k-diffusion": {"color": "#edae49", "marker": "^"},
    "azula": {"color": "#3c9d6b", "marker": "v"},
    "torchdiffeq": {"color": "#8d6bb0", "marker": "P"},
    DDIM: {"color": "#888888", "linestyle": ":", "marker": "."},
}


def plot(summary: dict[str, dict[str, dict[str, dict[str, Any]]]], path: Path) -> None:
    """Error against calls, one panel a problem."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import NullFormatter

    plt.rcParams["svg.hashsalt"] = "solvers"
    problems = list(dict.fromkeys(key.split(", ")[0] for key in summary))
    schedules = list(dict.fromkeys(key.split(", ")[1] for key in summary))
    size = (3.9 * len(problems), 3.3 * len(schedules) + 0.6)
    figure, axes = plt.subplots(len(schedules), len(problems), figsize=size, sharex=True, sharey="col", squeeze=False)
    for key, curves in summary.items():
        problem, schedule = key.split(", ")
        panel = axes[schedules.index(schedule), problems.index(problem)]
        for name, curve in reversed(curves.items()):
            at = [int(n) for n in curve]
            panel.plot(at, [point["error"] for point in curve.values()], label=name, markersize=4.5, **STYLES[name])
        ticks = sorted({int(n) for curve in curves.values() for n in curve})
        panel.set(xscale="log", yscale="log", title=f"{TITLES[problem]}, {SCHEDULES[schedule]}")
        panel.xaxis.set_minor_formatter(NullFormatter())
        panel.set_xticks([n for n in ticks if n not in (6, 12)], [str(n) for n in ticks if n not in (6, 12)])
        panel.grid(alpha=0.25, which="both", linewidth=0.5)
    for panel in axes[-1]:
        panel.set_xlabel("network calls")
    for panel in axes[:, 0]:
        panel.set_ylabel("relative RMS error")
    handles = {
        label: handle for panel in axes.flat for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    names = [name for name in STYLES if name in handles]
    figure.legend([handles[name] for name in names], names, loc="lower center", ncols=4, frameon=False)
    figure.tight_layout(rect=(0, 0.6 / size[1], 1, 1))
    with atomic_file(path) as temporary:
        figure.savefig(temporary, format=path.suffix[1:], metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(figure)
