"""What goes wrong in reading pickles, those of torch among them."""

import pickle
import struct

# what readers raise, torch's weights-only one among them, on bytes that are no pickle or a torn one
UNREADABLE = (
    pickle.UnpicklingError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    MemoryError,  # a few bytes can ask for any number of them
    struct.error,
)
