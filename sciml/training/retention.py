"""How many runs keep a checkpoint: each configuration that was tried has a folder, and a checkpoint is four models large."""

import logging
from pathlib import Path

from sciml.io.lock import Held, exclusive

log = logging.getLogger(__name__)
KEPT = 4


def forget_oldest(checkpoint: Path, kept: int = KEPT) -> None:
    """Deletes the oldest checkpoints of other runs, so that with that of the run which begins at most `kept` are left.

    Their events stay. A run that another process works on keeps its checkpoint.

    Args:
        checkpoint: of the run that begins; the folders beside its own are those of the others.
    """
    others = (path for path in checkpoint.parent.parent.glob(f"*/{checkpoint.name}") if path != checkpoint)
    found = sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)
    for path in found[kept - 1 :]:
        try:
            with exclusive(path.parent, wait=0.0):
                path.unlink(missing_ok=True)
        except Held:
            continue
        log.info("forgot %s: checkpoints of the newest %d configurations are kept", path, kept)
