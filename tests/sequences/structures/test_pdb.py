"""Files are read as their own SEQRES says, and every kind of fault is told by file, chain and residue."""

import gzip
from collections.abc import Callable

import pytest
import torch
from Bio.Data.PDBData import protein_letters_3to1_extended

from sciml.config.inverse_folding import StructureRules
from sciml.io.errors import InputError
from sciml.sequences.structures.pdb import read_backbone

KNOWN = {("3HTN", "A"): 143, ("3HTN", "B"): 139, ("3HTN", "C"): 143, ("4GYT", "A"): 177, ("4GYT", "B"): 177}
KNOWN |= {("5L33", "A"): 106, ("6MRR", "A"): 68}


def _numbers(names: tuple[str, ...]) -> list[int]:
    return [int(name) for name in names]


@pytest.mark.parametrize(("name", "chain"), sorted(KNOWN))
def test_real_structures_have_the_sequence_of_their_seqres(name, chain, mirror):
    """What is read and what REMARK 465 says is missing make up SEQRES, in the order of their numbers."""
    path = mirror / f"{name}.pdb.gz"
    text = gzip.decompress(path.read_bytes()).decode().splitlines()
    backbone = read_backbone(path, chain, StructureRules(modified="parent"))
    said = [word for line in text if line.startswith("SEQRES") and line[11] == chain for word in line[19:].split()]
    found = dict(zip(_numbers(backbone.names), backbone.letters, strict=True))
    for words in (line.split() for line in text if line.startswith("REMARK 465")):
        if len(words) == 5 and words[3] == chain and words[2] in protein_letters_3to1_extended:
            found[int(words[4])] = protein_letters_3to1_extended[words[2]]
    assert [found[number] for number in sorted(found)] == [protein_letters_3to1_extended[word] for word in said]
    assert len(backbone) == KNOWN[name, chain]
    assert (backbone.places + int(backbone.names[0])).tolist() == _numbers(backbone.names)


def test_what_is_written_is_read(coil, lines, write):
    backbone = coil(12)
    found = read_backbone(write(lines(backbone)))
    torch.testing.assert_close(found.coordinates, backbone.coordinates, atol=6e-4, rtol=0)
    assert (found.letters, found.names) == (backbone.letters, backbone.names)
    assert torch.equal(found.places, backbone.places) and found.tokens.shape == (1, 12)


def test_packed_files_are_read_alike(coil, lines, tmp_path):
    path = tmp_path / "x.pdb.gz"
    with gzip.open(path, "wt") as file:
        file.writelines(lines(coil(6)))
    assert len(read_backbone(path)) == 6


def test_one_chain_of_several_must_be_named(coil, lines, write):
    path = write([*lines(coil(5)), *lines(coil(7, 1), "B")])
    assert len(read_backbone(path, "B")) == 7
    with pytest.raises(InputError, match=r"x\.pdb: `chain` must name one of A, B$"):
        read_backbone(path)
    with pytest.raises(InputError, match=r"x\.pdb: `chain` must be one of the chains of protein, A, B, got 'C'$"):
        read_backbone(path, "C")


def test_a_missing_atom_is_named_or_its_residue_left_out(coil, lines, write):
    records = lines(coil(6))
    del records[2 * 4 + 3], records[4 * 4]  # O of 3; N of 5, one further on
    residue = coil(6).letters[2]
    with pytest.raises(InputError, match=r"chain A, residue 3 \(...\): lacks atom O; `missing: drop` leaves such") as error:
        read_backbone(write(records))
    assert "\n" not in str(error.value) and residue
    found = read_backbone(write(records), rules=StructureRules(missing="drop"))
    assert len(found) < 6 and "3" not in found.names
    assert found.places.tolist() == [int(name) - 1 for name in found.names]


def _with(name: str, coil: Callable, lines: Callable, record: str = "HETATM") -> list[str]:
    """The second of four residues is of this name."""
    records = lines(coil(4))
    return [row if k // 4 != 1 else f"{record:6}{row[6:17]}{name:>3}{row[20:]}" for k, row in enumerate(records)]


def test_a_modified_residue_is_read_as_its_parent_left_out_or_refused(coil, lines, write):
    path = write(_with("MSE", coil, lines))
    with pytest.raises(
        InputError, match=r"residue 2 \(MSE\): MSE is no standard amino acid; `modified: parent` reads it as M,"
    ):
        read_backbone(path)
    assert read_backbone(path, rules=StructureRules(modified="parent")).letters[1] == "M"
    assert read_backbone(path, rules=StructureRules(modified="drop")).places.tolist() == [0, 2, 3]


def test_a_residue_that_no_table_knows_has_no_parent(coil, lines, write):
    path = write(_with("ZZ9", coil, lines, "ATOM"))
    with pytest.raises(InputError, match=r"residue 2 \(ZZ9\): ZZ9 is no standard amino acid; `modified: drop` leaves"):
        read_backbone(path, rules=StructureRules(modified="parent"))


def test_water_ions_and_ligands_are_no_residues(coil, lines, line, write):
    records = lines(coil(4))
    records += [line("CA", "CA", 90, (0, 0, 0), record="HETATM"), line("O", "HOH", 91, (9, 0, 0), record="HETATM")]
    records += [
        "TER\n",
        *(line(name, "GLU", 92, (k, 3, 0), record="HETATM") for k, name in enumerate(("N", "CA", "C", "O"))),
    ]
    assert read_backbone(write(records)).names == ("1", "2", "3", "4")


def test_insertion_codes_are_places_of_their_own(coil, lines, write):
    records = lines(coil(5))
    numbers = ["   1 ", "   1A", "   1B", "   2 ", "   9 "]
    records = [f"{row[:22]}{numbers[k // 4]}{row[27:]}" for k, row in enumerate(records)]
    found = read_backbone(write(records))
    assert found.names == ("1", "1A", "1B", "2", "9") and found.places.tolist() == [0, 1, 2, 3, 10]


def test_of_locations_the_most_occupied_one_is_taken_for_all_atoms(coil, lines, line, write):
    """Of CA alone A has more; over the backbone B has."""
    records, atoms = lines(coil(3)), coil(3).coordinates[1].tolist()
    name = records[4][17:20]
    both = []
    for k, atom in enumerate(("N", "CA", "C", "O")):
        for letter, share, shift in (("A", 0.6 if k == 1 else 0.3, 0.0), ("B", 0.4 if k == 1 else 0.7, 1.0)):
            xyz = [value + shift for value in atoms[k]]
            both.append(line(atom, name, 2, xyz, altloc=letter, occupancy=share))
    path = write([*records[:4], *both, *records[8:]])
    found = read_backbone(path)
    torch.testing.assert_close(found.coordinates[1], coil(3).coordinates[1] + 1, atol=6e-4, rtol=0)
    with pytest.raises(InputError, match=r"residue 2 \(...\): has locations A, B; `alternatives: occupied` takes"):
        read_backbone(path, rules=StructureRules(alternatives="refuse"))


def test_of_two_amino_acids_at_one_place_the_most_occupied_is_taken(coil, lines, line, write):
    records, atoms = lines(coil(3)), coil(3).coordinates[1].tolist()
    both = [
        line(atom, name, 2, atoms[k], altloc=letter, occupancy=share)
        for letter, name, share in (("A", "SER", 0.4), ("B", "TRP", 0.6))
        for k, atom in enumerate(("N", "CA", "C", "O"))
    ]
    path = write([*records[:4], *both, *records[8:]])
    assert read_backbone(path).letters[1] == "W"
    with pytest.raises(InputError, match=r"residue 2 .*: may be SER or TRP; `alternatives: occupied` takes"):
        read_backbone(path, rules=StructureRules(alternatives="refuse"))


def test_one_of_several_models_is_read(coil, lines, write):
    one, two = coil(4), coil(4, 1)
    path = write(["MODEL        1\n", *lines(one), "ENDMDL\n", "MODEL        2\n", *lines(two), "ENDMDL\n"])
    assert read_backbone(path).letters == one.letters
    assert read_backbone(path, rules=StructureRules(model=2)).letters == two.letters
    with pytest.raises(InputError, match=r"x\.pdb: `model` must lie in 1 to 2, got 3$"):
        read_backbone(path, rules=StructureRules(model=3))


def test_what_is_no_structure_is_told(coil, lines, line, write, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_backbone(tmp_path / "absent.pdb")
    with pytest.raises(InputError, match=r"x\.pdb: holds no ATOM record$"):
        read_backbone(write(["HEADER    NOTHING\n"]))
    with pytest.raises(InputError, match=r"x\.pdb: `chain` must name one of none$"):
        read_backbone(write([line("O", "HOH", 1, (0, 0, 0), record="HETATM")]))
    with pytest.raises(InputError, match=r"x\.pdb: is not a PDB file: .*line 1"):
        read_backbone(write([line("N", "ALA", 1, ("zero", 0, 0))]))
    with pytest.raises(InputError, match=r"residue 1 \(ALA\): coordinates must be finite, got"):
        read_backbone(write([line(name, "ALA", 1, ("nan", k, 0)) for k, name in enumerate(("N", "CA", "C", "O"))]))
    with pytest.raises(InputError, match=r"x\.pdb: is not a PDB file: "):
        read_backbone(write([*lines(coil(2)), *lines(coil(2))[:1]]))
    with pytest.raises(InputError, match=r"x\.pdb: chain A: has no residue with all of N, CA, C, O$"):
        read_backbone(write(lines(coil(1))[:3]), rules=StructureRules(missing="drop"))
