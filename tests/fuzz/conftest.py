"""Any input ends in success or in an `InputError`, and soon."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from hypothesis import strategies as st

from sciml.io.errors import InputError

SECONDS = 10  # for one input: more is a hang


@contextmanager
def soon(seconds: int = SECONDS) -> Iterator[None]:
    """Ends what takes longer by an error."""

    def late(number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"no end after {seconds} s")

    previous = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


def read_or_refuse(read: Callable[[], object]) -> bool:
    """Whether it was read; any error but `InputError`, which says something, passes through and fails the test."""
    try:
        with soon():
            read()
    except InputError as error:
        assert str(error).strip()
        return False
    return True


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """A valid file with parts cut out, put in, doubled, exchanged or flipped; or any bytes at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=200))
    content = whole
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        stop = min(len(content), start + draw(st.sampled_from([0, 1, 2, 5, 20, 100, 1 << 20])))
        kind = draw(st.sampled_from(["cut", "put", "double", "flip"]))
        if kind == "cut":
            content = content[:start] + content[stop:]
        elif kind == "put":
            content = content[:start] + draw(st.sampled_from(TOKENS) | st.binary(max_size=8)) + content[stop:]
        elif kind == "double":
            content = content[:stop] + content[start:stop][:1000] + content[stop:]
        elif start < len(content):
            flipped = content[start] ^ (1 << draw(st.integers(0, 7)))
            content = content[:start] + bytes([flipped]) + content[start + 1 :]
    return content


TOKENS = [
    b"0", b"-1", b"nan", b"inf", b"1e999", b"99999999999999999999", b"-0.0", b"null", b"true", b"{}", b"[]", b"\n", b"\r",
    b"\0", b"\n\n", b" ", b"\t", b",", b":", b">", b"<", b"#", b"%", b"\"", b"'", b"[", b"]", b"(", b")", b"=", b"\xff",
    b"\xc3\xa9", b"\xef\xbb\xbf", b"\x1f\x8b\x08", b"PK\x03\x04", b"\xe2\x80\xa8", b"\x0b", b"\x1c", b"&a;", b"*a",
    b"!!python/object:os.system", b"[" * 3000, b"(" * 3000, b"C" * 500, b"$$$$\n", b"M  END\n", b"TER\n", b"MODEL\n",
    b"ENDMDL\n", b"2024-13-45", b"0x_", b"0b_", b"2024-01-01 25:61:61", b"9" * 6000, b"0x" + b"f" * 6000, b"!!int ''",
    b"!!timestamp a", b"!!bool a", b"1:" * 200 + b".5", b"<<: ", b"data: {}\n",
]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def other_json(draw: st.DrawFn, values: object) -> object:
    """Plain values with one of them, at any depth, replaced, left out or added to."""
    if isinstance(values, dict) and values and draw(st.integers(0, 4)):
        key = draw(st.sampled_from(sorted(values)))
        changed = dict(values)
        how = draw(st.integers(0, 9))
        if how == 0:
            del changed[key]
        elif how == 1:
            changed[draw(st.text(max_size=5))] = draw(JSON)
        else:
            changed[key] = draw(other_json(values[key]))
        return changed
    if isinstance(values, list) and values and draw(st.integers(0, 3)):
        place = draw(st.integers(0, len(values) - 1))
        return [*values[:place], draw(other_json(values[place])), *values[place + 1 :]]
    near = st.sampled_from([0, -1, 1, 2**31, 2**63, 1e30, -0.5, "", "auto", [], {}, None, True, [[]], [0], [-1, 2]])
    return draw(near | JSON)
