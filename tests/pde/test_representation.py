"""Fields to states and back: exact inverses, unit deviation of every sub-band, nothing invented without statistics."""

import pytest
import torch

from sciml.pde.representation import PhysicalRepresentation, Representation, WaveletRepresentation

SHAPES = [(16, 24), (20, 33, 49), (15, 18), (9, 10, 7)]


def fields(n: int, channels: int, shape: tuple[int, ...]) -> torch.Tensor:
    noise = torch.randn(n, channels, *shape, generator=torch.Generator().manual_seed(0))
    return 3 + 2 * noise.cumsum(-1) + torch.arange(channels).reshape(-1, *[1] * len(shape))


def build(kind: str, channels: int, shape: tuple[int, ...], fold_time: bool) -> Representation:
    if kind == "physical":
        return PhysicalRepresentation(channels, shape, fold_time)
    mode, levels = kind.split()
    return WaveletRepresentation(channels, shape, fold_time, mode=mode, levels=int(levels))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("fold_time", [False, True])
@pytest.mark.parametrize("kind", ["physical", "periodization 1", "periodization 2", "zero 1", "zero 2"])
def test_decode_inverts_encode(kind: str, fold_time: bool, shape: tuple[int, ...]) -> None:
    representation = build(kind, 2, shape, fold_time)
    x = fields(6, 2, shape)
    state = representation.fit(x).encode(x)
    assert state.shape[1:] == representation.state_shape
    torch.testing.assert_close(representation.decode(state), x, atol=2e-4, rtol=1e-5)


@pytest.mark.parametrize("kind", ["physical", "periodization 1", "periodization 2"])
def test_every_band_has_unit_deviation_and_no_mean(kind: str) -> None:
    representation = build(kind, 2, (16, 24), fold_time=False)
    state = representation.fit(fields(64, 2, (16, 24))).encode(fields(64, 2, (16, 24)))
    groups = representation.groups()
    for group in groups.unique():
        band = state[:, groups == group]
        assert abs(float(band.mean())) < 1e-3
        assert abs(float(band.std()) - 1) < 1e-2


def test_statistics_do_not_depend_on_the_chunks() -> None:
    x = fields(64, 1, (16, 24))
    one, many = (WaveletRepresentation(1, (16, 24)).fit(x, chunk=chunk) for chunk in (64, 7))
    torch.testing.assert_close(one.deviation, many.deviation)


def test_one_level_is_the_sub_bands_as_channels() -> None:
    representation = WaveletRepresentation(1, (16, 24))
    x = fields(4, 1, (16, 24))
    state = representation.fit(x).encode(x)
    parts = representation.transform.forward(x[:, 0])
    raw = torch.cat([parts.average.unsqueeze(1), parts.details[0]], 1)
    expected = (raw - representation.mean.reshape(-1, 1, 1)) / representation.deviation.reshape(-1, 1, 1)
    torch.testing.assert_close(state, expected)


def test_a_band_that_never_varies_keeps_the_scale_one() -> None:
    held = torch.randn(8, 1, 1, 24).expand(8, 1, 16, 24)  # constant in time: no details along time
    representation = WaveletRepresentation(1, (16, 24)).fit(held)
    assert representation.deviation[2:].tolist() == [1.0, 1.0]
    torch.testing.assert_close(representation.decode(representation.encode(held)), held, atol=1e-5, rtol=1e-5)


def test_state_deviation_follows_the_folded_channels() -> None:
    folded = WaveletRepresentation(1, (8, 6, 6), fold_time=True).fit(fields(8, 1, (8, 6, 6)))
    assert folded.state_deviation().shape == (folded.state_shape[0],)
    assert folded.state_deviation()[:4].unique().numel() == 1


def test_without_statistics_it_refuses() -> None:
    representation = WaveletRepresentation(1, (16, 24))
    for use in (representation.encode, representation.decode):
        with pytest.raises(ValueError, match="has no statistics"):
            use(torch.zeros(1, 1, 16, 24) if use == representation.encode else torch.zeros(1, 4, 8, 12))


def test_gradients_pass_through_decode() -> None:
    representation = WaveletRepresentation(1, (8, 10)).fit(fields(8, 1, (8, 10))).double()
    state = torch.randn(1, 4, 4, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(representation.decode, (state,))
