"""Where benchmarks look for public files and checkpoints."""

import os
from pathlib import Path


def public_files() -> Path | None:
    """The folder that the environment variable SCIML_MIRROR names, or ../shared/data beside the checkout; None without."""
    path = Path(os.environ.get("SCIML_MIRROR", Path(__file__).resolve().parents[2] / "shared" / "data"))
    return path if path.is_dir() else None
