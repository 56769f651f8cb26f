"""The allocator is set up where it can be: the system is asked for pages once, not at every step."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys, torch
from sciml.cli.allocator import keep_freed_memory
if sys.argv[1] == "kept":
    keep_freed_memory()
for k in range(40):
    if k == 20:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.empty(2**24).fill_(1.0)  # 64 MiB
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="mallopt is of the GNU C library")
def test_freed_memory_is_used_again() -> None:
    faults = {}
    for name in ("kept", "default"):
        done = subprocess.run([sys.executable, "-c", PROGRAM, name], capture_output=True, text=True, check=True)
        faults[name] = int(done.stdout)
    pages = 20 * 2**24 * 4 // 4096
    assert faults["default"] > 0.9 * pages and faults["kept"] < 0.1 * pages
