"""Where a result comes from: enough to make it again."""

import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "sciml",
    "torch",
    "numpy",
    "xarray",
    "zarr",
    "PyWavelets",
    "pytorch-wavelets",
    "lightning-fabric",
    "neuraloperator",
    "networkx",
    "rdkit",
    "scipy",
    "torch-geometric",
)


def provenance(
    *, config: dict[str, Any], data_sha256: str | None, seed: int | None, device: str, threads: int
) -> dict[str, Any]:
    """A manifest of plain values.

    Args:
        config: the resolved configuration of the job.
        data_sha256: digest of the data it read.
        seed: of the job.
        device: such as 'cpu' or 'cuda'.
        threads: of the processor; their number can change the last digits.
    """
    return {
        "config": config,
        "git_commit": git_commit(),
        "versions": {"python": platform.python_version(), **_versions()},
        "data_sha256": data_sha256,
        "seed": seed,
        "device": device,
        "threads": threads,
        "machine": f"{platform.machine()} {platform.system()}",
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def git_commit() -> str | None:
    """The commit of the package's checkout, with '+changes' if files differ from it; None outside a checkout."""
    folder = Path(__file__).resolve().parent
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        return commit + ("+changes" if _git(folder, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None


def _git(folder: Path, *arguments: str) -> str:
    run = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True, timeout=10)
    return run.stdout.strip()


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
