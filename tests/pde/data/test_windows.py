"""Which frame goes where, told by fields whose values are their own indices."""

import pytest
import torch
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from sciml.io.errors import InputError
from sciml.io.split import labels, sizes
from sciml.pde.data.windows import record_windows, trajectory_windows


def record(frames):
    """(channel 2, time, y 2, x 1): channel c at frame t is 100 c + t."""
    t = torch.arange(frames, dtype=torch.float32)
    return torch.stack([t, 100 + t])[:, :, None, None].expand(2, frames, 2, 1)


def test_trajectory_windows():
    fields = torch.arange(3.0)[:, None, None, None] * 100 + torch.arange(6.0)[:, None].expand(3, 1, 6, 4)
    force = torch.arange(5.0)[:, None].expand(3, 1, 5, 4)
    windows = trajectory_windows(fields, force, 2)
    assert len(windows) == 3
    assert windows.given[1, 0, :, 0].tolist() == [100, 101] and windows.target[1, 0, :, 0].tolist() == [
        102,
        103,
        104,
        105,
    ]
    assert windows.forcing[1, 0, :, 0].tolist() == [1, 2, 3, 4]  # forcing k drives frame k to k + 1
    assert windows.phase.tolist() == [[0, 1, 2, 3, 4, 5]] * 3
    short = trajectory_windows(fields, force, 2, 3)
    assert short.target[0, 0, :, 0].tolist() == [2, 3, 4] and short.forcing[0, 0, :, 0].tolist() == [1, 2, 3]


def test_record_windows():
    windows = record_windows(record(10), 2, 3, period=4, stride=2, first=5)
    assert len(windows) == 3 and windows.given.shape == (3, 2, 2, 2, 1) and windows.forcing is None
    assert windows.given[:, 0, :, 0, 0].tolist() == [[0, 1], [2, 3], [4, 5]]
    assert windows.target[:, 1, :, 1, 0].tolist() == [[102, 103, 104], [104, 105, 106], [106, 107, 108]]
    assert windows.phase.tolist() == [[1, 2, 3, 0, 1], [3, 0, 1, 2, 3], [1, 2, 3, 0, 1]]


def test_indexing():
    windows = record_windows(record(10), 2, 3, period=24)
    assert windows[[0]].period == 24 and record_windows(record(10), 2, 3).phase.unique().tolist() == [0]
    assert len(windows) == 6 and len(windows[2]) == 1 and windows[-1].given[0, 0, 0, 0, 0] == 5
    assert windows[torch.tensor([4, 1])].phase[:, 0].tolist() == [4, 1]
    assert len(windows[1:3]) == 2 and len(windows[torch.arange(6) < 2]) == 2
    force = trajectory_windows(torch.zeros(3, 1, 4, 2), torch.arange(3.0)[:, None, None, None].expand(3, 1, 3, 2), 1)
    assert force[[2, 0]].forcing[:, 0, 0, 0].tolist() == [2, 0]


def test_windows_that_do_not_fit():
    with pytest.raises(InputError, match="3 given and 8 predicted frames do not fit: this split of the record has 10"):
        record_windows(record(10), 3, 8)
    with pytest.raises(InputError, match="4 given and 3 predicted frames do not fit: a trajectory has 6"):
        trajectory_windows(torch.zeros(2, 1, 6, 3), None, 4, 3)
    with pytest.raises(InputError, match="`given` and `predicted` must be at least 1, got 6 and 0 of 6 frames"):
        trajectory_windows(torch.zeros(2, 1, 6, 3), None, 6)
    with pytest.raises(InputError, match="no trajectory"):
        trajectory_windows(torch.zeros(0, 1, 6, 3), None, 2)
    with pytest.raises(InputError, match="`period` must be at least 1, got 0"):
        record_windows(record(10), 2, 3, period=0)
    with pytest.raises(InputError, match="`stride` must be at least 1, got 0"):
        record_windows(record(10), 2, 3, stride=0)


@settings(deadline=None, max_examples=60)
@drawn(st.integers(20, 120), st.floats(0.3, 0.8), st.integers(1, 3), st.integers(1, 3), st.integers(1, 4))
def test_windows_of_different_splits_share_no_frame(frames, train, given, predicted, stride):
    parts = labels(frames, (train, (1 - train) / 2, (1 - train) / 2))
    seen = []
    for k in range(3):
        members = torch.from_numpy(parts == k)
        if members.sum() < given + predicted:
            continue
        windows = record_windows(record(frames)[:, members], given, predicted, stride=stride)
        seen.append(set(torch.cat([windows.given, windows.target], dim=2)[:, 0].flatten().tolist()))
    assert sum(map(len, seen)) == len(set().union(*seen))


def test_sizes_of_parts():
    assert sizes(744, (576, 0, 168)) == (576, 0, 168)
    assert sizes(10, (0.8, 0.1, 0.1)) == (8, 1, 1)
    assert sizes(7, (0.5, 0, 0.5)) == (4, 0, 3)
    assert labels(5, (2, 1, 1)).tolist() == [0, 0, 1, 2, -1]
    shuffled = labels(100, (0.7, 0.2, 0.1), seed=1)
    assert [int((shuffled == k).sum()) for k in range(3)] == [70, 20, 10]
    assert (shuffled == labels(100, (0.7, 0.2, 0.1), seed=1)).all() and (shuffled[:70] != 0).any()


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((8, 2), "must be three counts or fractions"),
        ((9, -1, 1), "of at least 0"),
        ((8, 2, 1), r"counts \[8, 2, 1\] must add up to 1 \.\. 10"),
        ((0, 0, 0), r"must add up to 1 \.\. 10"),
        ((0.8, 0.1, 0.2), r"fractions must add up to 1, got .* with sum 1\.1"),
    ],
)
def test_bad_parts(parts, message):
    with pytest.raises(InputError, match="`split`.*" + message):
        sizes(10, parts)
