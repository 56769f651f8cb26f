"""Tables are read, or what is wrong is told by line and column; the real ones have the sign that is said."""

import numpy as np
import pytest

from sciml.io.errors import InputError
from sciml.sequences.stability.mutations import COLUMNS, read_mutations


def test_a_table_is_read(table):
    found = read_mutations(table({}))
    assert len(found) == 2 and found.wild_types == ("K", "K") and found.mutants == ("A", "G")
    assert found.ddg.tolist() == [1.5, -0.5] and found.places.tolist() == [1, 1]
    assert found.exposure[0] == pytest.approx(118 / 236) and np.isnan(found.exposure[1])  # lysine has at most 236
    assert found.take(np.array([1])).mutants == ("G",)


FAULTS = {
    "ddG": ("one", "column 'ddG': must be a finite number, got 'one'"),
    "asa": ("-3", "column 'asa': must be at least 0, or empty where not known, got '-3'"),
    "pdb_position": ("5", "column 'pdb_position': must be a whole number from 0 to 4, got '5'"),
    "wild_type": ("V", "column 'wild_type': `pdb_sequence` has K at `pdb_position` 1, got 'V'"),
    "mutation": ("K", "column 'mutation': must differ from the wild type, got 'K'"),
    "pdb_sequence": ("MKXL*", "column 'pdb_sequence', letter 5: '*' is none of ACDEFGHIKLMNPQRSTVWY nor X"),
    "pdb_id_corrected": (" ", "column 'pdb_id_corrected': must name the protein, got nothing"),
    "uniprot_id": ("", "column 'uniprot_id': must name the protein, got nothing"),
}


@pytest.mark.parametrize("column", sorted(FAULTS))
def test_what_is_wrong_with_a_cell_is_told(column, table):
    value, message = FAULTS[column]
    with pytest.raises(InputError) as error:
        read_mutations(table({column: value}))
    assert str(error.value).endswith(f"t.csv: line 3, {message}")


@pytest.mark.parametrize(("column", "value"), [("ddG", "inf"), ("ddG", ""), ("mutation", "X"), ("wild_type", "LY")])
def test_other_cells_are_refused_too(column, value, table):
    with pytest.raises(InputError, match=f"line 3, column '{column}': must be"):
        read_mutations(table({column: value}))


@pytest.mark.parametrize("place", ["1" * 5000, "0" * 5000 + "9"])
def test_a_position_of_thousands_of_digits_is_refused_in_a_short_line(place, table):
    with pytest.raises(InputError, match="line 3, column 'pdb_position': must be a whole number from 0 to 4") as error:
        read_mutations(table({"pdb_position": place}))
    assert len(str(error.value)) < 300


def test_zeros_before_a_position_are_none(table):
    assert read_mutations(table({"pdb_position": "0" * 5000 + "1"})).places.tolist() == [1, 1]


def test_what_is_wrong_with_the_table_is_told(table, tmp_path):
    with pytest.raises(InputError, match=r"t\.csv: line 3: the mutation stands on line 2 too"):
        read_mutations(table({"mutation": "A"}))
    with pytest.raises(InputError, match=r"t\.csv: must have one column 'asa'; there are '', 'pdb_id_corrected',"):
        read_mutations(table({}, COLUMNS[:-1]))
    path = tmp_path / "t.csv"
    path.write_text(path.read_text() + "1,2\n")
    with pytest.raises(InputError, match="must have one column"):
        read_mutations(path)
    whole = table({})
    whole.write_text(whole.read_text() + "1,2\n")
    with pytest.raises(InputError, match=r"t\.csv: line 4: has 2 cells, expected 9 as in the header$"):
        read_mutations(whole)
    path.write_text(",".join(COLUMNS) + "\n")
    with pytest.raises(InputError, match=r"t\.csv: holds no row$"):
        read_mutations(path)


def test_the_real_tables_say_that_charges_in_a_core_destabilise(mirror):
    rows = {name: read_mutations(mirror / f"fireprot_{name}.csv.gz") for name in ("train", "val", "test")}
    assert [len(each) for each in rows.values()] == [2669, 387, 348]
    assert [len(set(each.proteins)) for each in rows.values()] == [57, 15, 28]
    whole = rows["train"]
    pairs = zip(whole.wild_types, whole.mutants, whole.exposure, whole.ddg, strict=True)
    core = [ddg for wild, mutant, z, ddg in pairs if wild in "ILVF" and mutant in "DGK" and z < 0.1]
    assert len(core) == 30 and np.mean(core) > 2.5
