"""A substructure that is asked for is in every molecule, whatever the model has learnt."""

import pytest
import torch
from rdkit import Chem, rdBase

from sciml.config.base import parse
from sciml.config.graph_models import GraphModelConfig
from sciml.config.graph_settings import GraphSamplingConfig
from sciml.config.solvers import SolverConfig
from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.gdss import blank_representation, build
from sciml.graphs.generator import GraphGenerator
from sciml.graphs.molecules import to_molecules
from sciml.graphs.sampling import sample_graphs
from sciml.graphs.scaffold import read_scaffold
from sciml.io.errors import InputError

ATOMS = ("C", "N", "O", "F")


@pytest.fixture(scope="module")
def untrained() -> GraphGenerator:
    torch.manual_seed(0)
    net = {"kind": "graph_transformer", "width": 8, "pair_width": 4, "layers": 1}
    config = parse(GraphModelConfig, {"net": net, "training": {"steps": 1}}, "test")
    sizes = torch.tensor([0, 0, 0, 5, 5, 5, 5, 5, 5, 5])
    return build(config, blank_representation(config, ATOMS, 4), sizes).eval()


def sampled(generator: GraphGenerator, **options: object) -> GraphSet:
    solver = SolverConfig(**{"name": "ddim", "eta": 1.0, "steps": 6, **options})  # type: ignore[arg-type]
    sampling = GraphSamplingConfig(count=40, batch=16, solver=solver, scaffold="C1CC1O")
    return sample_graphs(generator, sampling, seed=0).generated.graphs


@pytest.mark.parametrize(
    "options", [{}, {"eta": 0.0, "grid": "log_snr"}, {"name": "dpm_solver_pp_sde", "eta": 0.0, "order": 2}]
)
def test_every_molecule_holds_the_scaffold_and_nothing_between_its_atoms(untrained: GraphGenerator, options: dict) -> None:
    pattern = Chem.MolFromSmiles("C1CC1O")
    wanted = torch.tensor([[0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 1], [0, 0, 1, 0]], dtype=torch.uint8)
    graphs = sampled(untrained, **options)
    assert len(graphs) == 40 and int(graphs.sizes.min()) >= 4 and len(set(graphs.sizes.tolist())) > 1
    assert (graphs.labels[:, :4] == torch.tensor([0, 0, 0, 2], dtype=torch.uint8)).all()
    assert (graphs.edges[:, :4, :4] == wanted).all()
    with rdBase.BlockLogs():
        assert all(molecule.HasSubstructMatch(pattern) for molecule in to_molecules(graphs))


@pytest.mark.parametrize(
    ("smiles", "message"),
    [
        ("C1CC", "`scaffold` must be SMILES of a molecule, got 'C1CC'"),
        ("CCCCCCCCCC", "`scaffold` must have at most 9 atoms for this model, got 10"),
        ("CS", "`scaffold`: .*element S is not among C, N, O, F"),
    ],
)
def test_a_scaffold_that_cannot_be_is_named(untrained: GraphGenerator, smiles: str, message: str) -> None:
    with rdBase.BlockLogs(), pytest.raises(InputError, match=message):
        read_scaffold(smiles, ATOMS, untrained.sizes)


@pytest.mark.parametrize("smiles", ["[2H]C", "[13CH4]", "[H]C([H])([H])[H]"])
def test_hydrogens_and_isotopes_are_left_out(untrained: GraphGenerator, smiles: str) -> None:
    found = read_scaffold(smiles, ATOMS, untrained.sizes)
    assert found.labels.tolist() == [[0]] and found.edges.tolist() == [[[0]]] and found.sizes.tolist() == [1]


def test_other_graphs_have_no_scaffold() -> None:
    with pytest.raises(InputError, match="goes with models of molecules"):
        read_scaffold("C", (), torch.ones(3))
