"""What goes wrong in reading files of torch."""

import pickle
import struct

# what torch's weights-only reader raises on bytes that are no pickle, or a torn one
UNREADABLE = (
    pickle.UnpicklingError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    struct.error,
)
