"""Files that were damaged: every one is refused in one line, or does no harm."""

import gzip
import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fault_jobs import Child, copied, is_one_line, run, train

from sciml.io.content import content_digest

BAD_INPUT = 2
SMILES = "CCO 1\nc1ccccc1 2\nCC(=O)O 3\nCCN 4\nCCC 5\nCCCC 6\n"
FASTA = "".join(
    f">chr1:{100 * k}-{100 * k + 40}\n{letters}\n" for k, letters in enumerate(["ACGTACGTAC" * 4, "GGGTTTACGA" * 4] * 8)
)
OF_SMILES = "domain: graphs\ndata: {{kind: file, path: {}, atoms: [C, N, O], largest: 9, split: [4, 0, 2]}}\n"
OF_FASTA = "domain: sequences\ndata: {{kind: file, path: {}, split: [12, 0, 4]}}\n"
Damage = Callable[[Path, random.Random], None]


@dataclass(frozen=True)
class Damaged:
    """What came of one damaged file.

    Args:
        what: file and damage.
        outcome: refused in one line; harmless, the result being the same; accepted; or crashed.
        said: the last line.
    """

    what: str
    outcome: str
    said: str


def flip(path: Path, dice: random.Random) -> None:
    """One bit."""
    content = bytearray(path.read_bytes())
    content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    path.write_bytes(content)


def truncate(path: Path, dice: random.Random) -> None:
    """The end is lost."""
    os.truncate(path, dice.randrange(path.stat().st_size))


def empty(path: Path, dice: random.Random) -> None:
    """Nothing is left, as after a crash of a machine that never flushed."""
    os.truncate(path, 0)


def zeros(path: Path, dice: random.Random) -> None:
    """A page of zeros, as a hole that was never written."""
    content = bytearray(path.read_bytes())
    start = dice.randrange(len(content))
    content[start : start + 4096] = bytes(len(content[start : start + 4096]))
    path.write_bytes(content)


def remove(path: Path, dice: random.Random) -> None:
    """The file is gone."""
    path.unlink()


ALL: tuple[Damage, ...] = (flip, flip, flip, truncate, truncate, empty, zeros)


def damaged_trainings(prepared: Path, dice: random.Random, damages: tuple[Damage, ...] = ALL) -> Iterator[Damaged]:
    """Checkpoints, datasets and models of a domain."""
    whole = copied(prepared, f"{prepared.name}-whole")
    child = train(whole)
    child.wait()
    expected = content_digest(whole / "model.safetensors")
    chunk = max(
        (each for each in (whole / "data.zarr").rglob("c/*") if each.is_file()), key=lambda each: each.stat().st_size
    )
    root = whole / "data.zarr" / "zarr.json"
    checkpoint = next(whole.glob("run/*/checkpoint.pt"))
    for name, path, more in (("checkpoint", checkpoint, ()), ("chunk", chunk, (remove,)), ("zarr.json", root, (remove,))):
        for damage in (*damages, *more):
            folder = copied(whole, f"{prepared.name}-damaged")
            damage(folder / path.relative_to(whole), dice)
            (folder / "model.safetensors").unlink()
            child = train(folder)
            child.wait()
            yield _judged(f"{name} {damage.__name__}", child, folder / "model.safetensors", expected)
    for damage in damages:
        folder = copied(whole, f"{prepared.name}-damaged")
        damage(folder / "model.safetensors", dice)
        child = run(folder, "inspect", "model.safetensors")
        yield _judged(f"model {damage.__name__}", child)
        child = run(folder, "verify", ".")
        named = child.returncode == 1 and "torn" in child.said and "model.safetensors" in child.said
        yield Damaged(f"model {damage.__name__}, sciml verify", "refused" if named else "accepted", _last(child))


def damaged_inputs(folder: Path, dice: random.Random) -> Iterator[Damaged]:
    """FASTA, SMILES, packed files, JSON and a public file of another sha256."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text, settings in (("x.smi", SMILES, OF_SMILES), ("x.fa", FASTA, OF_FASTA)):
        path = folder / name
        path.write_text(text)
        (folder / "data.yaml").write_text(settings.format(name))
        prepare = ("prepare", "--config", "data.yaml", "--output", "data.zarr")
        yield _sound(f"{name} as it should be", run(folder, *prepare))
        for what, content in _damaged_texts(text, dice):
            path.write_bytes(content)
            yield _judged(f"{name} {what}", run(folder, *prepare))
        path.write_bytes(b"")
        yield _judged(f"{name} empty", run(folder, *prepare))
        packed = folder / f"{name}.gz"
        for what, content in (
            ("packed, truncated", gzip.compress(text.encode())[:-12]),
            ("packed, flipped", _flipped(text, dice)),
        ):
            packed.write_bytes(content)
            (folder / "data.yaml").write_text(settings.format(packed.name))
            yield _judged(f"{name} {what}", run(folder, *prepare))
    yield from _damaged_json(folder)
    mirror = folder / "mirror"
    (mirror / "proteins").mkdir(parents=True, exist_ok=True)
    (mirror / "proteins/gb1_four_mutations_full_data.csv.zip").write_bytes(b"another file")
    yield _judged("public file of another sha256", run(folder, "fetch", "gb1", "--mirror", "mirror", "--output", "gb1.zip"))


def _damaged_json(folder: Path) -> Iterator[Damaged]:
    """Results that a report reads, and a manifest."""
    text = json.dumps({"config": {}, "versions": {}, "data_sha256": "0"})
    results = folder / "results"
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir()
    for name, content in (("truncated", text[:-9]), ("not UTF-8", "\udcff"), ("nested", "[" * 100_000)):
        (results / "manifest.json").write_bytes(content.encode(errors="surrogateescape"))
        child = run(folder, "verify", "results")
        named = child.returncode == 1 and "torn" in child.said and "results/manifest.json" in child.said
        yield Damaged(f"manifest.json {name}", "refused" if named else "accepted", _last(child))
        (results / "evaluation.json").write_bytes(content.encode(errors="surrogateescape"))
        yield _judged(f"evaluation.json {name}", run(folder, "report", "results", "--output", "report.html"))
        (results / "evaluation.json").unlink()


def _damaged_texts(text: str, dice: random.Random) -> Iterator[tuple[str, bytes]]:
    """Damage that can be seen in a text: a letter that becomes another allowed one cannot."""
    content = text.encode()
    place = text.index("\n") + 3
    yield "high bit", content[:place] + bytes([content[place] | 0x80]) + content[place + 1 :]
    yield "zero byte", content[:place] + b"\0" + content[place + 1 :]
    yield "foreign letter", content[:place] + b"?" + content[place + 1 :]
    if text.startswith(">"):
        yield "truncated in a sequence", content[:-7]
        yield "without its first header", content[place:]


def _flipped(text: str, dice: random.Random) -> bytes:
    packed = bytearray(gzip.compress(text.encode()))
    packed[dice.randrange(12, len(packed))] ^= 1 << dice.randrange(8)
    return bytes(packed)


def _sound(what: str, child: Child) -> Damaged:
    return Damaged(what, "accepted as it should be" if child.returncode == 0 else "crashed", _last(child))


def _judged(what: str, child: Child, model: Path | None = None, expected: str = "") -> Damaged:
    if child.returncode == BAD_INPUT and is_one_line(child):
        return Damaged(what, "refused", _last(child))
    if child.returncode == 0:
        same = model is not None and model.is_file() and content_digest(model) == expected
        return Damaged(what, "harmless" if same else "accepted", _last(child))
    return Damaged(what, "crashed", _last(child))


def _last(child: Child) -> str:
    return (child.said.strip().splitlines() or [""])[-1][:300]
