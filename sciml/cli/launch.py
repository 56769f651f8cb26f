"""A verb run by several processes of this machine, which torch's elastic agent starts, watches and ends together."""

import logging
import os
import signal
import sys
import uuid
from collections.abc import Sequence

from sciml.training.signals import STOPPING

PATIENCE = 120  # seconds for the writing of a checkpoint, after which processes that were asked to stop are killed


def launch(count: int, arguments: Sequence[str], stopped: int) -> int:
    """Run `python -m sciml` so many times, together; gives the exit code for all.

    Args:
        count: of processes.
        arguments: of the command line.
        stopped: the exit code of a process that saved and can be run again.

    Returns:
        0 if all succeeded; `stopped` if all that did not were stopped, or ended by a signal to stop, which the agent sends
        the others when one ends; else the code of the one that failed first.
    """
    import torch
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    os.environ["OMP_NUM_THREADS"] = str(max(1, torch.get_num_threads() // count))
    os.environ["TORCH_ELASTIC_SHUTDOWN_TIMEOUT"] = str(PATIENCE)
    logging.getLogger("torch.distributed").setLevel(logging.CRITICAL)  # the processes say themselves what went wrong
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=count,
        run_id=uuid.uuid4().hex,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        max_restarts=0,
        signals_to_handle=",".join(number.name for number in STOPPING),
    )
    try:
        elastic_launch(config, sys.executable)("-m", "sciml", *arguments)
    except SignalException:
        return stopped
    except ChildFailedError as error:
        failures = sorted(error.failures.values(), key=lambda failure: failure.timestamp)
        codes = [failure.exitcode for failure in failures if failure.exitcode not in (stopped, -signal.SIGTERM)]
        return (codes[0] if codes[0] > 0 else 1) if codes else stopped
    return 0
