"""How near samples come to what was asked for, by hand."""

import networkx as nx
import pytest
from rdkit import Chem
from rdkit.Chem import Crippen

from sciml.config.graph_settings import GraphEvaluationConfig, GraphSamplingConfig
from sciml.graphs.data.graph_set import graph_set
from sciml.graphs.guide_reached import asked_of, reached
from sciml.graphs.molecules import from_molecules
from sciml.io.errors import InputError

ATOMS = ("C", "N", "O", "F")


def test_mean_deviation_and_distance_of_a_property():
    made, test = (graph_set([nx.path_graph(n) for n in sizes]) for sizes in ((3, 5), (2, 4, 6)))
    found = reached("size", 4.5, made, test)
    assert found == {
        "property": "size",
        "asked": 4.5,
        "count": 2,
        "mean": 4.0,
        "deviation": 1.0,
        "mean_absolute_error": 1.0,
        "test_mean": 4.0,
        "test_deviation": pytest.approx((8 / 3) ** 0.5),
    }
    unasked = reached("size", None, made, test)
    assert unasked is not None and unasked["asked"] is None and unasked["mean_absolute_error"] is None


def test_properties_of_molecules_are_rdkits_and_nothing_is_told_unasked():
    plain = [Chem.MolFromSmiles(smiles) for smiles in ("CCO", "CCCC")]
    graphs = from_molecules(plain, ATOMS)
    found = reached("logp", None, graphs, graphs)
    assert found is not None
    assert found["mean"] == found["test_mean"] == pytest.approx(sum(map(Crippen.MolLogP, plain)) / 2)
    assert reached(None, None, graphs, graphs) is None
    networks = graph_set([nx.path_graph(3)])
    with pytest.raises(InputError, match="got logp"):
        reached("logp", None, networks, networks)


def test_samples_themselves_say_what_was_asked_for():
    """And a configuration that says something else is refused; those of before say nothing and were led to no value."""
    led, plain = {"value": 1.0, "property": "logp"}, {}

    def config(value=None, name=None):
        return GraphEvaluationConfig(property=name, sampling=GraphSamplingConfig(value=value))

    assert asked_of(led, config(), "s") == asked_of(led, config(1.0, "logp"), "s") == 1.0
    assert asked_of(plain, config(), "s") is None and asked_of(plain, config(name="qed"), "s") is None
    with pytest.raises(InputError, match="^s: was led to logp 1, `evaluation.sampling.value` says 2$"):
        asked_of(led, config(2.0), "s")
    with pytest.raises(InputError, match="^s: was led to logp 1, `evaluation.property` says qed$"):
        asked_of(led, config(1.0, "qed"), "s")
    with pytest.raises(InputError, match="^s: was led to no value, `evaluation.sampling.value` says 0$"):
        asked_of(plain, config(0.0), "s")
