"""Telling that memory has run out, which every allocator says in its own words; threads need some for their stacks."""

import torch

SAID = ("out of memory", "can't allocate memory", "cannot allocate memory", "can't start new thread")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory of the processor or of a GPU did not suffice."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in SAID)
