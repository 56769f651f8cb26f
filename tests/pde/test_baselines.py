"""The closed-form forecasts on data whose best forecast is known."""

import pytest
import torch

from sciml.io.errors import InputError
from sciml.pde.baselines import Climatology, DampedPersistence, Persistence
from sciml.pde.data.windows import Windows, record_windows
from sciml.pde.geometry import geometry_of

CYCLE = 6


def test_persistence_repeats_the_last_frame(record: Windows) -> None:
    forecast = Persistence(geometry_of(record)).fit(record).forecast(record)
    assert forecast.shape == record.target.shape
    for frame in range(5):
        assert torch.equal(forecast[:, :, frame], record.given[:, :, -1])


def test_climatology_finds_the_cycle(record: Windows) -> None:
    climatology = Climatology(geometry_of(record)).fit(record)
    phase = torch.arange(CYCLE)
    expected = 10 * torch.sin(2 * torch.pi * phase / CYCLE)[:, None] + torch.arange(7.0)
    assert (climatology.mean.mean((1, 2)) - expected).abs().max() < 0.6  # anomalies average out as 1/sqrt(40)
    assert torch.equal(climatology.forecast(record)[3, :, 1], climatology.mean[record.phase[3, 4]])


def test_climatology_of_trajectories_is_their_mean_frame(trajectories: Windows) -> None:
    forecast = Climatology(geometry_of(trajectories)).fit(trajectories).forecast(trajectories)
    torch.testing.assert_close(forecast[0], trajectories.target.mean(0))


def test_damping_is_that_of_the_process(record: Windows) -> None:
    damped = DampedPersistence(geometry_of(record)).fit(record)
    expected = 0.5 ** torch.arange(1, 6)
    assert (damped.damping - expected).abs().max() < 0.1


def test_damped_persistence_is_least_squares(record: Windows) -> None:
    """Any other factor is worse on the training set, at every lead: 0 is climatology, 1 undamped."""
    damped = DampedPersistence(geometry_of(record)).fit(record)
    error = (damped.forecast(record) - record.target).square().mean((0, 1, 3, 4))
    for shift in (-0.05, 0.05):
        damped.damping += shift
        assert ((damped.forecast(record) - record.target).square().mean((0, 1, 3, 4)) > error).all()
        damped.damping -= shift


def test_a_phase_without_frames_is_named(record: Windows) -> None:
    fields = torch.cat([record.given, record.target], 2)[0]
    few = record_windows(fields, 3, 5, period=24)
    with pytest.raises(InputError, match="no training frame has phase 8 of `period` 24: give more, or a shorter period"):
        Climatology(geometry_of(few)).fit(few)


def test_a_record_without_a_cycle_has_one_climate() -> None:
    fields = 5 + torch.randn(2, 40, 3, generator=torch.Generator().manual_seed(0))
    windows = record_windows(fields, 2, 8)
    geometry = geometry_of(windows)
    assert geometry.phases == 1 and not geometry.cyclic
    baselines = Climatology(geometry).fit(windows), DampedPersistence(geometry).fit(windows)
    frames = torch.cat([windows.given, windows.target], 2)
    expected = frames.mean((0, 2))  # over all frames of all windows
    torch.testing.assert_close(baselines[0].forecast(windows), expected[:, None].expand_as(windows.target))
    assert (baselines[1].damping.abs() < 0.5).all()  # white noise


def test_anomalies_of_the_given_frames(record: Windows) -> None:
    damped = DampedPersistence(geometry_of(record)).fit(record)
    climatology = damped.climatology
    for anomaly in (climatology.anomaly_of_given(record), damped.anomaly_of_given(record)):
        for window, frame in [(0, 0), (7, 2)]:
            mean = climatology.mean[(window + frame) % CYCLE]
            torch.testing.assert_close(anomaly[window, :, frame], record.given[window, :, frame] - mean)
