"""How much of a native sequence comes back when sequences are drawn for its structure."""

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float64, Integer
from torch import Generator, Tensor

from sciml.sequences.data.sequence_set import PROTEIN
from sciml.sequences.generator import SequenceGenerator
from sciml.sequences.metrics.estimates import sample_mean
from sciml.sequences.structures.backbone import Backbone
from sciml.solvers.grids import uniform_grid
from sciml.solvers.integrate import integrate
from sciml.solvers.letters.ancestral import Ancestral


def identity(tokens: Integer[Tensor, "sequence position"], backbone: Backbone) -> Float64[Tensor, " sequence"]:
    """Share of positions at which each sequence has the native letter."""
    return (tokens == backbone.tokens).double().mean(1)


def native_recovery(tokens: Integer[Tensor, "sequence position"], backbone: Backbone) -> dict[str, Any]:
    """Mean identity with the native sequence and its 95% interval over the sequences, of this structure alone, and beside it
    what the commonest letter of the native sequence would give at every position."""
    commonest = torch.bincount(backbone.tokens[0].long(), minlength=len(PROTEIN)).max().item() / len(backbone)
    return {**sample_mean(identity(tokens, backbone)), "commonest_letter": commonest}


@torch.no_grad()
def recovery(
    generator: SequenceGenerator, backbone: Backbone, *, count: int, steps: int, source: Generator
) -> Mapping[str, Any]:
    """`native_recovery` of samples.

    Args:
        generator: for this structure.
        backbone: with its native sequence.
        count: samples, at least 2.
        steps: of the sampler.
        source: of randomness.
    """
    grid, begun = uniform_grid(generator.denoiser.process, steps), generator.prompts(count, source)
    return native_recovery(integrate(Ancestral(), generator.denoiser, begun, grid, generator=source), backbone)
