"""Tables of made-up mutations, and the real ones."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from sciml.sequences.data.sequence_set import PROTEIN
from sciml.sequences.stability.mutations import COLUMNS, Mutations

ROW = {
    "pdb_id_corrected": "1ABC",
    "uniprot_id": "P1",
    "pdb_sequence": "MKXLV",
    "pdb_position": "1",
    "wild_type": "K",
    "mutation": "A",
    "ddG": "1.5",
    "asa": "118",
}


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """A table of a valid first row and one with these cells, and a column of no use."""

    def write(cells: Mapping[str, str], columns: tuple[str, ...] = COLUMNS) -> Path:
        rows = [ROW, ROW | {"mutation": "G", "ddG": "-0.5", "asa": ""} | dict(cells)]
        header = ",".join(("", *columns))
        path = tmp_path / "t.csv"
        path.write_text("\n".join([header, *(",".join(("7", *(row[name] for name in columns))) for row in rows)]) + "\n")
        return path

    return write


@pytest.fixture
def simulate() -> Callable[..., Mutations]:
    """Mutations whose ddG is what a letter is worth less what another is, more where buried, and noise."""

    def build(proteins: int, each: int = 60, seed: int = 0, noise: float = 0.1) -> Mutations:
        generator = np.random.default_rng(seed)
        worth = np.random.default_rng(99).normal(size=20)
        rows = []
        for k in range(proteins):
            native = generator.integers(20, size=40)
            for cell in generator.choice(40 * 20, each, replace=False):
                place, mutant = divmod(int(cell), 20)
                if mutant != native[place]:
                    z = generator.uniform()
                    ddg = (2 - z) * (worth[native[place]] - worth[mutant]) + 1 + noise * generator.normal()
                    rows.append((f"P{seed}{k}", "".join(PROTEIN[n] for n in native), place, PROTEIN[mutant], ddg, z))
        names, sequences, places, mutants, ddg, z = zip(*rows, strict=True)
        return Mutations(names, names, sequences, np.array(places), mutants, np.array(ddg), np.array(z))

    return build


@pytest.fixture
def mirror(mirror: Path) -> Path:
    """The folder of real proteins."""
    return mirror / "proteins"
