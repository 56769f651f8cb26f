"""Small data sets with known structure."""

import pytest
import torch

from sciml.pde.data.windows import Windows, record_windows, trajectory_windows

CYCLE = 6


@pytest.fixture
def trajectories() -> Windows:
    noise = torch.Generator().manual_seed(0)
    return trajectory_windows(
        torch.randn(12, 1, 9, 16, generator=noise), torch.randn(12, 1, 8, 16, generator=noise), given=1
    )


@pytest.fixture
def record() -> Windows:
    """A cycle of six frames plus an anomaly that halves from frame to frame when it is not kicked."""
    noise = torch.Generator().manual_seed(0)
    frames, anomaly = [], torch.zeros(2, 5, 7)
    for k in range(240):
        anomaly = 0.5 * anomaly + torch.randn(2, 1, 1, generator=noise)
        frames.append(10 * torch.sin(torch.tensor(2 * torch.pi * k / CYCLE)) + torch.arange(7.0) + anomaly)
    return record_windows(torch.stack(frames, 1), given=3, predicted=5, period=CYCLE)
