"""The C library's memory allocator, set up for arrays that come and go with every step of a training."""

import ctypes
import sys

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4  # malloc.h of the GNU C library


def keep_freed_memory() -> None:
    """Large arrays are taken from memory that was freed before, instead of from the system each time; glibc only.

    A training step allocates and frees the same arrays again and again. By default each is mapped anew, and the system
    clears its pages: a quarter of a step's time for the networks of the default scale.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)
        mallopt(_TOP_PAD, 64 * 2**20)
