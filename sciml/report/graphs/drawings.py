"""Pictures of graphs and molecules."""

import base64
from collections.abc import Sequence
from typing import Any

import networkx as nx
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from rdkit import Chem, rdBase
from rdkit.Chem import rdDepictor
from rdkit.Chem.Draw import rdMolDraw2D

from sciml.report.canvas import canvas, png
from sciml.report.graphs.runs import Drawing, Molecule, PlainGraph

COLUMNS = 4
_PANEL = 1.5  # inches
_WIDE, _HIGH = 150, 118  # points, of a molecule
_EDGE = "#9aa3ad"
_FAULT = (0.7, 0.1, 0.1)


def picture(drawings: Sequence[Drawing], colour: str) -> str:
    """A grid of graphs or of molecules as a data address, the same each time.

    Args:
        drawings: all graphs or all molecules.
        colour: of the nodes of graphs.
    """
    molecules = [drawing for drawing in drawings if isinstance(drawing, Molecule)]
    if molecules:
        return _svg(molecules)
    return png(_figure([drawing for drawing in drawings if isinstance(drawing, PlainGraph)], colour), 130)


def _figure(graphs: Sequence[PlainGraph], colour: str) -> Figure:
    rows = -(-len(graphs) // COLUMNS)
    figure = canvas(COLUMNS * _PANEL, rows * _PANEL, constrained=False)
    for index, graph in enumerate(graphs):
        row, column = divmod(index, COLUMNS)
        axes = figure.add_axes((column / COLUMNS, 1 - (row + 1) / rows, 1 / COLUMNS, 1 / rows))
        axes.set_axis_off()
        axes.set_aspect("equal")
        axes.margins(0.12)
        places = layout(graph)
        axes.add_collection(LineCollection([places[[i, j]] for i, j in graph.edges], colors=_EDGE, linewidths=0.7, zorder=1))
        size = float(np.clip(500 / max(graph.nodes, 1), 4, 26))
        axes.scatter(places[:, 0], places[:, 1], s=size, color=colour, edgecolors="white", linewidths=0.5, zorder=2)
    return figure


def layout(graph: PlainGraph) -> np.ndarray:
    """Places of the nodes, (node, 2): springs along edges, from a fixed start; of each connected part its own."""
    drawn = nx.empty_graph(graph.nodes)
    drawn.add_edges_from(graph.edges)
    places = np.zeros((graph.nodes, 2))
    right = 0.0
    for part in sorted(nx.connected_components(drawn), key=len, reverse=True):
        nodes = sorted(part)
        found = nx.spring_layout(drawn.subgraph(nodes), seed=0, iterations=100)
        own = np.array([found[node] for node in nodes]) * len(nodes) ** 0.5
        places[nodes] = own + np.array((right - own[:, 0].min(), -own[:, 1].mean()))
        right = places[nodes, 0].max() + 1.0
    return places


def _svg(molecules: Sequence[Molecule]) -> str:
    """Structural formulas; those whose valences are not allowed say so."""
    drawn = [_prepared(molecule.smiles) for molecule in molecules]
    rows = -(-len(drawn) // COLUMNS)
    sheet = rdMolDraw2D.MolDraw2DSVG(COLUMNS * _WIDE, rows * _HIGH, _WIDE, _HIGH)
    options: Any = sheet.drawOptions()
    options.prepareMolsBeforeDrawing = False
    options.padding = 0.12
    options.bondLineWidth = 1.4
    options.maxFontSize = 16
    options.legendFontSize = 13
    options.setLegendColour(_FAULT)
    options.fixedBondLength = 28
    legends = ["" if molecule.valid else "not valid" for molecule in molecules]
    sheet.DrawMolecules(drawn, legends=legends)
    sheet.FinishDrawing()
    text = sheet.GetDrawingText()
    return "data:image/svg+xml;base64," + base64.b64encode(text.encode()).decode("ascii")


def _prepared(smiles: str) -> Chem.Mol:
    """A molecule as drawn, whatever its valences, with places of its atoms."""
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles, sanitize=False)
        molecule.UpdatePropertyCache(strict=False)
        Chem.FastFindRings(molecule)
        rdDepictor.Compute2DCoords(molecule)
        return rdMolDraw2D.PrepareMolForDrawing(molecule, kekulize=False, addChiralHs=False, wedgeBonds=False)
