"""Spectra of waves whose power is known, and Parseval."""

import pytest
import torch
from torch import Generator, Tensor

from sciml.metrics.spectra import power_spectrum


def _wave(points: int, wavenumber: int, amplitude: float, phase: float = 0.3) -> Tensor:
    x = torch.arange(points, dtype=torch.float64) / points
    return amplitude * torch.cos(2 * torch.pi * wavenumber * x + phase)


@pytest.mark.parametrize("points", [16, 17])
def test_parseval(points: int) -> None:
    fields = torch.randn(3, 2, 5, points, dtype=torch.float64, generator=Generator().manual_seed(0))
    assert power_spectrum(fields).sum().item() == pytest.approx(fields.square().mean().item(), rel=1e-12)


@pytest.mark.parametrize("points", [24, 25])
def test_a_wave_has_its_power_at_its_wavenumber(points: int) -> None:
    power = power_spectrum(5 + _wave(points, 3, 2.0))
    expected = torch.zeros(points // 2 + 1, dtype=torch.float64)
    expected[0], expected[3] = 25, 2.0  # amplitude^2 / 2
    torch.testing.assert_close(power, expected, atol=1e-12, rtol=0)


def test_the_highest_wavenumber_is_not_counted_twice() -> None:
    assert power_spectrum(_wave(16, 8, 1.0, phase=0))[8].item() == pytest.approx(1)


def test_shifting_a_periodic_field_changes_nothing() -> None:
    field = torch.randn(4, 32, dtype=torch.float64, generator=Generator().manual_seed(1))
    torch.testing.assert_close(power_spectrum(field.roll(5, -1)), power_spectrum(field))


def test_the_window_keeps_power_and_scale() -> None:
    power = power_spectrum(280 + _wave(64, 10, 2.0), hann=True)
    assert power.sum().item() == pytest.approx(2.0, rel=1e-9)
    assert power[9:12].sum().item() == pytest.approx(2.0, rel=1e-9)


def test_the_window_quietens_the_jump_of_a_ramp() -> None:
    ramp = torch.linspace(0, 1, 64, dtype=torch.float64)
    assert power_spectrum(ramp, hann=True)[8:].sum() < 1e-3 * power_spectrum(ramp)[8:].sum()


def test_accumulates_in_float64() -> None:
    assert power_spectrum(torch.ones(2, 8)).dtype == torch.float64
