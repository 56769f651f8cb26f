"""What the jobs of a workflow took: most memory and longest time of each stage, from the files below RESULTS/benchmarks.

python benchmarks/resources.py results          a table, by which the resources of rules and profiles are set
"""

import csv
import sys
from collections import defaultdict
from pathlib import Path

Took = tuple[int, float, float]


def measured(results: list[Path]) -> dict[str, Took]:
    """(jobs, most MB, most seconds) by domain and stage, such as `graphs/train`."""
    found: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for folder in results:
        for path in sorted((folder / "benchmarks").rglob("*.tsv")):
            with path.open() as lines:
                rows = list(csv.DictReader(lines, delimiter="\t"))
            found[_stage(path.relative_to(folder / "benchmarks"))] += [
                (_number(row["max_rss"]), _number(row["s"])) for row in rows
            ]
    return {stage: (len(rows), max(mb for mb, _ in rows), max(s for _, s in rows)) for stage, rows in sorted(found.items())}


def _stage(path: Path) -> str:
    """Of the path of a benchmark: its domain, and the last part without the seed and the names of what it was done to."""
    domain = "" if path.parent == Path(".") else f"{path.parts[0]}/"
    if path.parts[0] == "fetch":
        return "fetch"
    return f"{domain}oracle" if "oracles" in path.parts else f"{domain}{path.stem}"


def _number(text: str) -> float:
    """Jobs that end within a moment are not measured."""
    return float(text) if text not in ("-", "NA") else 0.0


def main() -> None:
    """Print the table."""
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    print(f"{'stage':<24}{'jobs':>6}{'MB':>8}{'seconds':>9}")
    for stage, (jobs, mb, seconds) in measured([Path(name) for name in sys.argv[1:]]).items():
        print(f"{stage:<24}{jobs:>6}{mb:>8.0f}{seconds:>9.0f}")


if __name__ == "__main__":
    main()
