"""What jobs took, read from the files of Snakemake."""

from pathlib import Path

import pytest
from resources import main, measured

HEAD = "s\th:m:s\tmax_rss\tcpu_time\n"


def test_of_each_stage_the_most_of_all_its_jobs(tmp_path: Path, monkeypatch, capsys) -> None:
    rows = {
        "pde/burgers/wdno/seed-0/train.tsv": ("10.0", "500.5"),
        "pde/era5/fno/seed-1/train.tsv": ("20.0", "300.0"),
        "sequences/motifs/oracles/seed-0/first.tsv": ("3.0", "100.0"),
        "fetch/molecules/qm9.csv.tsv": ("0.1", "-"),
        "report.tsv": ("1.5", "200.0"),
    }
    for name, (seconds, megabytes) in rows.items():
        path = tmp_path / "benchmarks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{HEAD}{seconds}\t0:00:01\t{megabytes}\t1.0\n")
    found = {
        "fetch": (1, 0.0, 0.1),
        "pde/train": (2, 500.5, 20.0),
        "report": (1, 200.0, 1.5),
        "sequences/oracle": (1, 100.0, 3.0),
    }
    assert measured([tmp_path]) == found
    monkeypatch.setattr("sys.argv", ["resources.py", str(tmp_path)])
    main()
    assert capsys.readouterr().out.splitlines()[2].split() == ["pde/train", "2", "500", "20"]


def test_a_folder_must_be_named(monkeypatch) -> None:
    monkeypatch.setattr("sys.argv", ["resources.py"])
    with pytest.raises(SystemExit, match="RESULTS/benchmarks"):
        main()
