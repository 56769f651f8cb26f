"""The closed-form forecasts on data whose best forecast is known."""

import pytest
import torch

from sciml.pde.baselines import Climatology, DampedPersistence, Persistence
from sciml.pde.data.windows import Windows
from sciml.pde.geometry import geometry_of

CYCLE = 6


def test_persistence_repeats_the_last_frame(record: Windows) -> None:
    forecast = Persistence(geometry_of(record, CYCLE)).fit(record).forecast(record)
    assert forecast.shape == record.target.shape
    for frame in range(5):
        assert torch.equal(forecast[:, :, frame], record.given[:, :, -1])


def test_climatology_finds_the_cycle(record: Windows) -> None:
    climatology = Climatology(geometry_of(record, CYCLE)).fit(record)
    phase = torch.arange(CYCLE)
    expected = 10 * torch.sin(2 * torch.pi * phase / CYCLE)[:, None] + torch.arange(7.0)
    assert (climatology.mean.mean((1, 2)) - expected).abs().max() < 0.6  # anomalies average out as 1/sqrt(40)
    assert torch.equal(climatology.forecast(record)[3, :, 1], climatology.mean[record.phase[3, 4]])


def test_climatology_of_trajectories_is_their_mean_frame(trajectories: Windows) -> None:
    forecast = Climatology(geometry_of(trajectories, None)).fit(trajectories).forecast(trajectories)
    torch.testing.assert_close(forecast[0], trajectories.target.mean(0))


def test_damping_is_that_of_the_process(record: Windows) -> None:
    damped = DampedPersistence(geometry_of(record, CYCLE)).fit(record)
    expected = 0.5 ** torch.arange(1, 6)
    assert (damped.damping - expected).abs().max() < 0.1


def test_damped_persistence_is_least_squares(record: Windows) -> None:
    """Any other factor is worse on the training set, at every lead: 0 is climatology, 1 undamped."""
    damped = DampedPersistence(geometry_of(record, CYCLE)).fit(record)
    error = (damped.forecast(record) - record.target).square().mean((0, 1, 3, 4))
    for shift in (-0.05, 0.05):
        damped.damping += shift
        assert ((damped.forecast(record) - record.target).square().mean((0, 1, 3, 4)) > error).all()
        damped.damping -= shift


def test_a_phase_without_frames_is_named(record: Windows) -> None:
    few = record[[0]]
    with pytest.raises(ValueError, match="no training frame has phase 6 of 24"):
        Climatology(geometry_of(few, 24)).fit(few)
