"""From rows of letters to a set of sequences: what is allowed, and what was left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from string import ascii_lowercase, ascii_uppercase
from typing import Literal

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from sciml.io.errors import InputError
from sciml.sequences.data.row import Row
from sciml.sequences.data.sequence_set import SequenceSet

_UPPER = str.maketrans(ascii_lowercase, ascii_uppercase)  # str.upper makes letters out of others, such as S of U+017F


@dataclass(frozen=True)
class Rules:
    """Which sequences are allowed: those of one length over one alphabet.

    Args:
        alphabet: the letters.
        length: of every sequence; None for that of the first which is otherwise allowed.
        lower_case: `refuse`, or `upper`: read small letters as large ones.
    """

    alphabet: str
    length: int | None = None
    lower_case: Literal["refuse", "upper"] = "refuse"

    def fault(self, row: Row, text: str) -> tuple[str, str] | None:
        """What is wrong with a letter or with none being there, as a kind and in words; None if nothing is."""
        if not text:
            return "empty", f"{row.where}: has no sequence"
        index = next((k for k, letter in enumerate(text) if letter not in self.alphabet), None)
        if index is None:
            return None
        letter = text[index]
        if (large := letter.translate(_UPPER)) in self.alphabet:
            return "lower case", f"{row.place(index)}: {letter!r} is a small letter; `lower_case: upper` reads it as {large}"
        return "letter", f"{row.place(index)}: {letter!r} is none of {self.alphabet}"


@dataclass(frozen=True)
class Encoded:
    """Sequences of a file.

    Args:
        sequences: those that are allowed.
        rows: where each stands.
        left_out: how many sequences are not in the set, by what is wrong with them.
        examples: the first of each kind, in words.
    """

    sequences: SequenceSet
    rows: Sequence[Row]
    left_out: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)


def encode(
    rows: Iterable[Row], rules: Rules, origin: str, *, labels: Sequence[str] = (), skip_invalid: bool = False
) -> Encoded:
    """The allowed sequences of some rows.

    Args:
        rows: with a number for each of `labels`; all of them, or none, with a chromosome.
        rules: what is allowed.
        origin: what to call the rows in an error, such as a file name.
        labels: names of the numbers.
        skip_invalid: leave other sequences out, and count them, instead of an error at the first.

    Raises:
        InputError: a sequence that is not allowed, by file, line, column and letter; or none that is.
    """
    kept: list[Row] = []
    texts: list[str] = []
    out = _LeftOut(skip_invalid)
    allowed = set(rules.alphabet)
    for row in rows:
        text = row.text.translate(_UPPER) if rules.lower_case == "upper" else row.text
        if not text or not allowed.issuperset(text):
            out.note(rules.fault(row, text))
        elif len(text) != (rules.length or len(texts[0] if texts else text)):
            out.note(_ragged(row, text, rules.length, kept))
        else:
            kept.append(row)
            texts.append(text)
    if not kept:
        raise InputError(f"{origin}: there is no sequence" + "".join(f"; {text}" for text in out.examples.values()))
    return Encoded(_sequence_set(kept, texts, rules.alphabet, labels), kept, out.counts, out.examples)


def tokens_of(texts: Sequence[str], alphabet: str) -> UInt8[Tensor, "sequence position"]:
    """Texts of one length as indices into the alphabet, of which all their letters must be."""
    table = np.zeros(256, dtype=np.uint8)
    table[np.frombuffer(alphabet.encode("ascii"), dtype=np.uint8)] = np.arange(len(alphabet))
    letters = np.frombuffer("".join(texts).encode("ascii"), dtype=np.uint8)
    return torch.from_numpy(table[letters].reshape(len(texts), -1))


def _ragged(row: Row, text: str, length: int | None, kept: Sequence[Row]) -> tuple[str, str]:
    expected = f"{length} (`length`)" if length else f"{len(kept[0].text)} as on line {kept[0].line} of {kept[0].file.name}"
    return "length", f"{row.where}: has {len(text)} letters, expected {expected}"


def _sequence_set(rows: Sequence[Row], texts: Sequence[str], alphabet: str, labels: Sequence[str]) -> SequenceSet:
    numbers = np.array([row.labels for row in rows], dtype=np.float64).reshape(len(rows), len(labels))
    chromosomes = None if rows[0].chromosome is None else tuple(str(row.chromosome) for row in rows)
    named = {name: numbers[:, k].copy() for k, name in enumerate(labels)}
    return SequenceSet(tokens_of(texts, alphabet), alphabet, named, chromosomes)


@dataclass
class _LeftOut:
    skip: bool
    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)

    def note(self, fault: tuple[str, str] | None) -> None:
        if fault is None:
            return
        kind, text = fault
        if not self.skip:
            raise InputError(f"{text}; `skip_invalid: true` leaves such sequences out and counts them")
        self.counts[kind] = self.counts.get(kind, 0) + 1
        self.examples.setdefault(kind, text)
