"""Files of molecules, row by row."""

import gzip
import io
import tarfile

import pytest
from rdkit import Chem

from sciml.graphs.data.molecule_rows import read_rows, read_smiles
from sciml.io.errors import InputError


def smiles_of(rows):
    return [Chem.MolToSmiles(row.molecule) for row in rows]


@pytest.mark.parametrize("name", ["m.smi", "m.txt", "m.txt.gz", "m.smi.gz"])
def test_lists_of_smiles(tmp_path, name):
    path, content = tmp_path / name, b"CCO ethanol\n\nc1ccccc1\tbenzene\n"
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    rows = list(read_rows(path))
    assert smiles_of(rows) == ["CCO", "c1ccccc1"]
    assert [row.where for row in rows] == [f"{path}: line 1", f"{path}: line 3"]
    assert read_smiles(path) == [(f"{path}: line 1", "CCO"), (f"{path}: line 3", "c1ccccc1")]


def test_an_archive_of_one_file_is_read_as_that_file(tmp_path):
    path = tmp_path / "m.txt.gz"
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo("m.txt")
        member.size = 6
        archive.addfile(member, io.BytesIO(b"CC\nCO\n"))
    assert smiles_of(read_rows(path)) == ["CC", "CO"]


def test_csv_with_a_named_column_and_properties(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text('id,structure,logP\n1,"CCO",-0.5\n2,CCC,1.5\n', encoding="utf-8-sig")
    rows = list(read_rows(path, column="structure", properties=("logP", "id")))
    assert smiles_of(rows) == ["CCO", "CCC"] and [row.properties for row in rows] == [(-0.5, 1.0), (1.5, 2.0)]
    assert rows[1].where == f"{path}: line 3"


def test_csv_that_will_not_do(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("smiles,logP\nCCO,1\nCC,high\n")
    with pytest.raises(InputError, match=r"m.csv: no column 'SMILES'; there are 'smiles', 'logP'"):
        list(read_rows(path, column="SMILES"))
    with pytest.raises(InputError, match=r"m.csv: line 3: logP must be a finite number, got 'high'"):
        list(read_rows(path, properties=("logP",)))
    path.write_text("smiles,logP\nCCO,nan\n")
    with pytest.raises(InputError, match=r"line 2: logP must be a finite number, got 'nan'"):
        list(read_rows(path, properties=("logP",)))


@pytest.mark.parametrize("name", ["m.sdf", "m.sdf.gz"])
def test_sdf_without_hydrogens(tmp_path, name):
    blocks = []
    for title, smiles, value in (("ethanol", "CCO", "1.5"), ("", "CC=O", "2")):
        molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
        molecule.SetProp("_Name", title)
        blocks.append(Chem.MolToMolBlock(molecule) + f"> <gap>\n{value}\n\n$$$$\n")
    content = "".join([blocks[0], "broken\n$$$$\n", blocks[1]]).encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    rows = list(read_rows(path, properties=("gap",)))
    assert [row.molecule.GetNumAtoms() for row in rows] == [3, 0, 3]
    assert [row.text for row in rows] == ["ethanol", "broken", "CC=O"] and [row.properties for row in rows][::2] == [
        (1.5,),
        (2.0,),
    ]
    assert rows[2].where == f"{path}: record 3"
    with pytest.raises(InputError, match="record 1: mass must be a finite number, got None"):
        list(read_rows(path, properties=("mass",)))


def test_what_rdkit_cannot_read_has_no_atoms(tmp_path, capfd):
    (tmp_path / "m.smi").write_text("CCO\nC(C\nF=F\n")
    assert [row.molecule.GetNumAtoms() for row in read_rows(tmp_path / "m.smi")] == [3, 0, 0]
    assert capfd.readouterr().err == ""


def test_files_that_will_not_do(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        list(read_rows(tmp_path / "m.smi"))
    (tmp_path / "m.xyz").write_text("3")
    with pytest.raises(InputError, match=r"ending '.xyz' is not known; allowed: .smi, .txt, .csv, .sdf"):
        read_rows(tmp_path / "m.xyz")
    (tmp_path / "m.txt.gz").write_bytes(gzip.compress(b"CCO\n" * 100)[:-12])
    with pytest.raises(InputError, match=r"m.txt.gz: cannot be read"):
        list(read_rows(tmp_path / "m.txt.gz"))
    (tmp_path / "m.smi").write_bytes(b"CC\n\xff\xfe\n")
    with pytest.raises(InputError, match="m.smi: cannot be read"):
        list(read_rows(tmp_path / "m.smi"))
    with pytest.raises(InputError, match="`properties` need a CSV or SDF, got logP"):
        read_rows(tmp_path / "m.smi", properties=("logP",))


def test_records_with_deuterium_keep_heavy_atoms_and_fields(tmp_path):
    molecule = Chem.MolFromSmiles("[2H]C([2H])O")
    molecule.SetProp("_Name", "marked")
    molecule.SetProp("logP", "-0.5")
    with Chem.SDWriter(str(tmp_path / "m.sdf")) as writer:
        writer.write(molecule)
    (row,) = read_rows(tmp_path / "m.sdf", properties=["logP"])
    assert Chem.MolToSmiles(row.molecule) == "CO" and row.text == "marked" and row.properties == (-0.5,)
