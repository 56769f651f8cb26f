"""A substructure that every generated molecule keeps: its atoms come first, with all bonds between them, and no more."""

import torch
from torch import Tensor

from sciml.denoisers.denoiser import Denoiser
from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.data.molecule_rows import parsed
from sciml.graphs.molecules import from_molecules
from sciml.graphs.representation import GraphRepresentation
from sciml.guidance.planted import Planted, scaffold
from sciml.io.errors import InputError
from sciml.numerics.graph_state import GraphState


def read_scaffold(smiles: str, atoms: tuple[str, ...], sizes: Tensor) -> GraphSet:
    """The substructure as a graph.

    Args:
        smiles: its charges, hydrogens and isotopes are left out: what bonds are left open is what generation may use.
        atoms: elements of the model.
        sizes: number of training molecules with 0, 1, 2, ... atoms.

    Raises:
        InputError: SMILES that cannot be read, an element the model lacks, no larger molecule that the model makes.
    """
    if not atoms:
        raise InputError("`scaffold` goes with models of molecules; this one makes other graphs")
    molecule = parsed(smiles)
    if not molecule.GetNumAtoms():
        raise InputError(f"`scaffold` must be SMILES of a molecule, got {smiles!r}")
    try:
        found = from_molecules([molecule], atoms)
    except InputError as error:
        raise InputError(f"`scaffold`: {error}") from error
    if not sizes[int(found.sizes[0]) :].any():
        largest = int(sizes.nonzero().max())
        raise InputError(f"`scaffold` must have at most {largest} atoms for this model, got {int(found.sizes[0])}")
    return found


def planted(denoiser: Denoiser, representation: GraphRepresentation, substructure: GraphSet, state: GraphState) -> Planted:
    """A denoiser of states like `state` that knows their first atoms to be those of the substructure."""
    k = int(substructure.sizes[0])
    like = representation.encode(substructure)
    known = representation.blank(state.mask)
    known.x[:, :k], known.adj[:, :k, :k] = like.x[:, :k], like.adj[:, :k, :k]
    nodes = state.mask & (torch.arange(state.mask.shape[1], device=state.mask.device) < k)
    return Planted(denoiser, known, scaffold(known, nodes))
