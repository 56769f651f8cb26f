"""The name of a training run."""

import hashlib
import json
from typing import Any


def fingerprint(config: dict[str, Any], data_sha256: str, seed: int) -> str:
    """Sixteen hexadecimal digits that name a run: equal for equal configuration, data and seed."""
    content = json.dumps([config, data_sha256, seed], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]
