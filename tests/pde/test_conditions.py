"""Condition channels: which ones, and what is in them."""

import math

import pytest
import torch

from sciml.pde.baselines import Climatology
from sciml.pde.conditions import Conditions
from sciml.pde.data.windows import Windows, record_windows
from sciml.pde.geometry import geometry_of
from sciml.pde.representation import PhysicalRepresentation

CYCLE = 6


def conditions_of(windows: Windows, fold_time: bool, reference: Climatology | None = None) -> Conditions:
    def make(channels: int, shape) -> PhysicalRepresentation:
        return PhysicalRepresentation(channels, shape, fold_time)

    return Conditions(geometry_of(windows), make, fold_time, reference).fit(windows, reference)


@pytest.mark.parametrize("fold_time", [False, True])
def test_the_clock_is_that_of_the_first_predicted_frame(record: Windows, fold_time: bool) -> None:
    """Window k starts at phase k, so its first predicted frame, after three given, is at phase k + 3."""
    conditions = conditions_of(record, fold_time)
    channels = conditions(record, None)
    assert channels.shape[1] == conditions.channels
    angle = 2 * math.pi * (torch.arange(len(record)) + 3) / CYCLE
    for channel, expected in zip((-2, -1), (angle.sin(), angle.cos()), strict=True):
        wide = expected.reshape(-1, *[1] * (channels.dim() - 2)).expand(-1, *channels.shape[2:])
        torch.testing.assert_close(channels[:, channel], wide, atol=2e-4, rtol=0)


def test_without_a_cycle_there_is_no_clock(trajectories: Windows, record: Windows) -> None:
    assert conditions_of(trajectories, False).channels == 2  # the given frame and the forcing
    plain = record_windows(record.target[:, :, 0].movedim(0, 1), 3, 5)
    assert conditions_of(plain, True).channels == conditions_of(plain, True)(plain, None).shape[1] == 2 * 3


def test_given_frames_are_anomalies_beside_a_reference(record: Windows) -> None:
    """Folded: channels are variable 1 at frames 1 to 3, variable 2 at frames 1 to 3, standardised by variable."""
    reference = Climatology(geometry_of(record)).fit(record)
    channels = conditions_of(record, True, reference)(record, reference)
    anomaly = reference.anomaly_of_given(record)
    deviation = anomaly.transpose(0, 1).flatten(1).std(1, correction=0).reshape(-1, 1, 1, 1)
    mean = anomaly.transpose(0, 1).flatten(1).mean(1).reshape(-1, 1, 1, 1)
    expected = ((anomaly - mean) / deviation).flatten(1, 2)
    torch.testing.assert_close(channels[:, :6], expected, atol=1e-4, rtol=1e-4)


def test_held_frames_are_the_same_at_every_predicted_frame(trajectories: Windows) -> None:
    channels = conditions_of(trajectories, False)(trajectories, None)
    given = trajectories.given[:, 0, 0]
    standard = (given - given.mean()) / given.std(correction=0)
    torch.testing.assert_close(channels[:, 0], standard[:, None].expand(-1, 8, -1), atol=1e-5, rtol=1e-5)
