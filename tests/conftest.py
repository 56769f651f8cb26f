"""What all tests share: the mirror of real data, if this machine has one."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def mirror() -> Path:
    """Folder of real data sets: $SCIML_MIRROR, or ../shared/data beside the checkout; the test is skipped without."""
    path = Path(os.environ.get("SCIML_MIRROR", ROOT.parent / "shared" / "data"))
    if not path.is_dir():
        pytest.skip("no mirror of real data: set SCIML_MIRROR")
    return path
