"""Share of G and C counted by hand."""

import pytest
import torch

from sciml.sequences.metrics.composition import gc_content


def test_gc_content_is_counted():
    tokens = torch.tensor([[0, 1, 2, 3], [0, 0, 3, 3], [1, 1, 2, 1]], dtype=torch.uint8)
    assert gc_content(tokens, "ACGT").tolist() == [0.5, 0.0, 1.0]
    assert gc_content(tokens, "GTAC").tolist() == [0.5, 1.0, 0.0]  # letters are told by name, not by order
    with pytest.raises(ValueError, match="`alphabet` must hold A, C, G and T, got 'AB'"):
        gc_content(tokens, "AB")
