"""Checkpoints of GDSS's authors: the real ones against what the original computes, and small ones in their format."""

import os
import pickle
import sys
from collections import OrderedDict
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from sciml.denoisers.graph import GraphScoreDenoiser
from sciml.graphs.gdss import blank_representation, build
from sciml.graphs.import_gdss import Checkpoint, read_checkpoint
from sciml.io.errors import InputError
from sciml.numerics.graph_state import GraphState, pair_mask, symmetrised

CHANNELS, HIDDEN, ADIM, FEATURES = (2, 3, 2), 4, 8, 3


def denoiser_of(checkpoint: Checkpoint) -> GraphScoreDenoiser:
    representation = blank_representation(checkpoint.config, checkpoint.atoms, 4)
    process = build(checkpoint.config, representation, torch.zeros(checkpoint.nodes + 1)).process
    return GraphScoreDenoiser(checkpoint.net_x, checkpoint.net_adj, process)


def reference_of(mirror: Path, name: str) -> tuple[Checkpoint, dict[str, Tensor], GraphState]:
    """A checkpoint of the authors', what their code computes with it, and of which graphs."""
    folder = mirror / "checkpoints"
    with np.load(folder / f"reference_{name}.npz") as file:
        reference = {key: torch.from_numpy(file[key]) for key in file}
    state = GraphState(reference["x"], reference["adj"], reference["flags"] > 0)
    return read_checkpoint(folder / f"gdss_{name}.pth"), reference, state


@pytest.mark.parametrize("name", ["community_small", "qm9"])
def test_the_authors_checkpoints_compute_what_their_code_computes(mirror: Path, name: str):
    checkpoint, reference, state = reference_of(mirror, name)
    with torch.no_grad():
        said = [net(state.x, state.adj, state.mask) for net in (checkpoint.net_x, checkpoint.net_adj)]
        scores = denoiser_of(checkpoint).scores(state, reference["t"])
    found = dict(zip(("net_x", "net_adj", "score_x", "score_adj"), (*said, scores.x, scores.adj), strict=True))
    for key, values in found.items():  # scores are outputs divided by deviations, and so are their rounding errors
        share = reference[key].abs().max() / reference[key.replace("score", "net")].abs().max()
        torch.testing.assert_close(values, reference[key], rtol=0, atol=1e-5 * share.item())
    assert checkpoint.atoms == (("C", "N", "O", "F") if name == "qm9" else ())
    assert checkpoint.nodes == {"community_small": 20, "qm9": 9}[name]


class Says(nn.Module):
    """A network whose outputs are known."""

    def __init__(self, said: Tensor) -> None:
        super().__init__()
        self.said = said

    def forward(self, x: Tensor, adj: Tensor, mask: Tensor) -> Tensor:
        return self.said


@pytest.mark.parametrize("name", ["community_small", "qm9"])
def test_scores_are_made_of_outputs_as_their_code_does_it(mirror: Path, name: str):
    """From the outputs of their networks, to the bit on their processor, to two units in the last place on others."""
    checkpoint, reference, state = reference_of(mirror, name)
    process = denoiser_of(checkpoint).process
    scores = GraphScoreDenoiser(Says(reference["net_x"]), Says(reference["net_adj"]), process).scores(state, reference["t"])
    for found, expected in ((scores.x, reference["score_x"]), (scores.adj, reference["score_adj"])):
        torch.testing.assert_close(found, expected, rtol=2.0**-22, atol=0)


class EasyDict(dict[str, Any]):
    """Stands in for the class of that name, which sets every entry as an attribute too."""

    def __init__(self, entries: dict[str, Any]) -> None:
        super().__init__()
        for name, value in entries.items():
            value = EasyDict(value) if isinstance(value, dict) else value
            self[name] = value
            self.__dict__[name] = value


def linears(prefix: str, sizes: list[int], generator: torch.Generator) -> dict[str, Tensor]:
    """An MLP in their layout."""
    layers = {}
    for k, (a, b) in enumerate(pairwise(sizes)):
        layers[f"{prefix}.linears.{k}.weight"] = torch.randn(b, a, generator=generator)
        layers[f"{prefix}.linears.{k}.bias"] = torch.randn(b, generator=generator)
    return layers


def convolution(prefix: str, a: int, b: int, generator: torch.Generator) -> dict[str, Tensor]:
    return {
        f"{prefix}.weight": torch.randn(a, b, generator=generator),
        f"{prefix}.bias": torch.randn(b, generator=generator),
    }


def attention(features: int, depth: int, generator: torch.Generator) -> dict[str, Tensor]:
    """Layers of attention in their layout."""
    tensors, pairs = {}, [CHANNELS[0], *[CHANNELS[1]] * (depth - 1), CHANNELS[2]]
    for k in range(depth):
        a, queries = (features, HIDDEN) if k == 0 else (HIDDEN, ADIM)
        for c in range(pairs[k]):
            for kind, b in (("q", queries), ("k", queries), ("v", HIDDEN)):
                tensors |= convolution(f"layers.{k}.attn.{c}.gnn_{kind}", a, b, generator)
        width = 2 * max(pairs[k], pairs[k + 1])
        tensors |= linears(f"layers.{k}.mlp", [2 * pairs[k], width, pairs[k + 1]], generator)
        tensors |= linears(f"layers.{k}.multi_channel", [pairs[k] * HIDDEN, width, HIDDEN], generator)
    return tensors


def content(kind: str = "ScoreNetworkX", *, averaged: bool = False, parallel: bool = False) -> dict[str, Any]:
    """A checkpoint in their format, of the smallest networks."""
    generator = torch.Generator().manual_seed(0)
    if kind == "ScoreNetworkX":
        sizes = [FEATURES, HIDDEN, HIDDEN]
        x = {name: t for k in range(2) for name, t in convolution(f"layers.{k}", sizes[k], HIDDEN, generator).items()}
    else:
        x = attention(FEATURES, 2, generator)
    total = FEATURES + 2 * HIDDEN
    x |= linears("final", [total, 2 * total, 2 * total, FEATURES], generator)
    adj = attention(FEATURES, 2, generator)
    total = sum(CHANNELS)
    adj |= linears("final", [total, 2 * total, 2 * total, 1], generator)
    sde = {"type": "VP", "beta_min": 0.1, "beta_max": 1.0, "num_scales": 1000}
    net = {
        "nhid": HIDDEN,
        "num_linears": 2,
        "c_init": 2,
        "c_hid": 3,
        "c_final": 2,
        "adim": ADIM,
        "num_heads": 2,
        "conv": "GCN",
    }
    made: dict[str, Any] = {
        "model_config": {
            "data": {"data": "QM9", "max_node_num": 9},
            "sde": {"x": sde, "adj": {**sde, "type": "VE", "beta_min": 0.2}},
            "train": {"num_epochs": 300},
            "sample": {"use_ema": averaged},
        },
        "params_x": {
            "model_type": kind,
            "max_feat_num": FEATURES,
            "depth": 2,
            **(net if "GMH" in kind else {"nhid": HIDDEN}),
        },
        "params_adj": {"model_type": "ScoreNetworkA", "max_feat_num": FEATURES, "max_node_num": 9, "num_layers": 2, **net},
    }
    for part, tensors in (("x", x), ("adj", adj)):
        prefix = "module." if parallel else ""
        made[f"{part}_state_dict"] = OrderedDict((prefix + name, tensor) for name, tensor in tensors.items())
        made[f"ema_{part}"] = {"decay": 0.999, "num_updates": 5, "shadow_params": [2 * t for t in tensors.values()]}
    return made


@pytest.fixture
def save(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Writes a checkpoint as the authors do, its settings of a class `easydict.EasyDict` that the reader has not."""

    def write(values: Any) -> Path:
        with monkeypatch.context() as patched:
            module = ModuleType("easydict")
            module.EasyDict = EasyDict  # type: ignore[attr-defined]
            patched.setitem(sys.modules, "easydict", module)
            patched.setattr(EasyDict, "__module__", "easydict")
            if isinstance(values, dict) and "model_config" in values:
                values = {**values, "model_config": EasyDict(values["model_config"])}
            torch.save(values, tmp_path / "theirs.pth")
        assert "easydict" not in sys.modules
        return tmp_path / "theirs.pth"

    return write


def states() -> GraphState:
    generator = torch.Generator().manual_seed(1)
    mask = torch.arange(9) < torch.tensor([[9], [4]])
    x = torch.randn(2, 9, FEATURES, generator=generator) * mask[..., None]
    return GraphState(x, symmetrised(torch.randn(2, 9, 9, generator=generator)) * pair_mask(mask), mask)


def mlp(weights: dict[str, Tensor], prefix: str, h: Tensor) -> Tensor:
    """Their MLP."""
    count = sum(name.startswith(f"{prefix}.linears.") for name in weights) // 2
    for k in range(count):
        h = torch.nn.functional.linear(h, weights[f"{prefix}.linears.{k}.weight"], weights[f"{prefix}.linears.{k}.bias"])
        h = torch.nn.functional.elu(h) if k + 1 < count else h
    return h


def convolved(weights: dict[str, Tensor], prefix: str, h: Tensor, adj: Tensor) -> Tensor:
    """Their convolution: the diagonal set to 1, degrees at least 1."""
    looped = adj * (1 - torch.eye(adj.shape[-1])) + torch.eye(adj.shape[-1])
    scale = looped.sum(-1).clamp(min=1) ** -0.5
    flow = scale[:, :, None] * looped * scale[:, None, :]
    return flow @ (h @ weights[f"{prefix}.weight"]) + weights[f"{prefix}.bias"]


def attended(
    weights: dict[str, Tensor], k: int, h: Tensor, channels: list[Tensor], mask: Tensor
) -> tuple[Tensor, list[Tensor]]:
    """One layer of theirs, head by head."""
    values, seen = [], []
    for c, adj in enumerate(channels):
        q, key, v = (convolved(weights, f"layers.{k}.attn.{c}.gnn_{kind}", h, adj) for kind in "qkv")
        heads = [a @ b.transpose(1, 2) / HIDDEN**0.5 for a, b in zip(q.chunk(2, -1), key.chunk(2, -1), strict=True)]
        mean = torch.stack(heads).tanh().mean(0)
        seen.append((mean + mean.transpose(1, 2)) / 2)
        values.append(v)
    h = torch.tanh(mlp(weights, f"layers.{k}.multi_channel", torch.cat(values, -1)) * mask[..., None])
    out = mlp(weights, f"layers.{k}.mlp", torch.stack([*seen, *channels], -1))
    out = (out + out.transpose(1, 2)) * (mask[:, :, None] & mask[:, None])[..., None]
    return h, list(out.unbind(-1))


def originals(values: dict[str, Any], state: GraphState) -> tuple[Tensor, Tensor]:
    """What their two networks say, from the tensors under their names."""
    answers = []
    for part in ("x", "adj"):
        weights = {name.removeprefix("module."): t.double() for name, t in values[f"{part}_state_dict"].items()}
        h, adj = state.x.double(), state.adj.double()
        nodes, channels = [h], [adj, adj @ adj]
        pairs = [*channels]
        for k in range(2):
            if "layers.0.attn.0.gnn_q.weight" in weights:
                h, channels = attended(weights, k, h, channels, state.mask)
                h = h if part == "adj" else torch.tanh(h)
            else:
                h = torch.tanh(convolved(weights, f"layers.{k}", h, adj))
            nodes.append(h)
            pairs += channels
        if part == "x":
            answers.append(mlp(weights, "final", torch.cat(nodes, -1)) * state.mask[..., None])
        else:
            answers.append(mlp(weights, "final", torch.stack(pairs, -1))[..., 0] * pair_mask(state.mask))
    return answers[0], answers[1]


@pytest.mark.parametrize("parallel", [False, True])
@pytest.mark.parametrize("kind", ["ScoreNetworkX", "ScoreNetworkX_GMH"])
def test_every_tensor_finds_its_place(save, kind, parallel):
    """Their formulas on the tensors under their names, also with the prefix that training on several devices leaves."""
    values, state = content(kind, parallel=parallel), states()
    checkpoint = read_checkpoint(save(values))
    double = [
        net.double()(state.x.double(), state.adj.double(), state.mask) for net in (checkpoint.net_x, checkpoint.net_adj)
    ]
    for found, wanted in zip(double, originals(values, state), strict=True):
        torch.testing.assert_close(found, wanted, rtol=0, atol=1e-10 * wanted.abs().max().item())
    assert checkpoint.data == "QM9" and checkpoint.nodes == 9 and checkpoint.atoms == ("C", "N", "O", "F")
    assert not checkpoint.net_x.training
    config = checkpoint.config
    assert (config.x.kind, config.x.low, config.x.high) == ("vp_linear", 0.1, 1.0)
    assert (config.adj.kind, config.adj.low, config.adj.high) == ("ve", 0.2, 1.0)


@pytest.mark.parametrize(("own", "asked", "factor"), [(False, None, 1), (True, None, 2), (True, False, 1), (False, True, 2)])
def test_averaged_weights_where_the_file_or_the_caller_says_so(save, own, asked, factor):
    values = content(averaged=own)
    checkpoint = read_checkpoint(save(values), averaged=asked)
    theirs = values["x_state_dict"]["final.linears.0.weight"]
    assert torch.equal(checkpoint.net_x.final[0].weight, factor * theirs)
    fused = torch.cat([values["adj_state_dict"][f"layers.1.attn.2.gnn_{kind}.weight"] for kind in "qkv"], -1)
    assert torch.equal(checkpoint.net_adj.layers[1].convolutions.weight[2], factor * fused)


class Code:
    """Runs a command when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("zipped", [True, False])
def test_code_in_a_file_is_refused_and_not_run(save, tmp_path, zipped):
    mark, values = tmp_path / "ran", {**content(), "extra": Code(tmp_path / "ran")}
    path = save(values)
    if not zipped:
        path.write_bytes(pickle.dumps({"model_config": Code(mark)}, protocol=2))
    with pytest.raises(InputError, match="theirs.pth: cannot be read without executing code, which is never done") as raised:
        read_checkpoint(path)
    assert not mark.exists() and "\n" not in str(raised.value)


def changed(path: str, value: Any, **settings: Any) -> dict[str, Any]:
    """A checkpoint with one entry changed, or left out where the value is None."""
    values = content(**settings)
    *folders, name = path.split("/")
    place = values
    for folder in folders:
        place = place[folder]
    place.pop(name)
    if value is not None:
        place[name] = value
    return values


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (changed("params_adj/conv", "MLP"), "theirs.pth: `conv` must be GCN, got 'MLP'$"),
        (
            changed("params_x/model_type", "Other"),
            "theirs.pth: `model_type` must be one of ScoreNetworkX, ScoreNetworkX_GMH",
        ),
        (changed("params_x", None), "lacks `model_config`, `params_x` or `params_adj`"),
        (changed("params_adj/nhid", None), "not a checkpoint of GDSS that can be read here: KeyError\\('nhid'\\)"),
        (changed("model_config/sde/x/type", "Other"), "KeyError\\('Other'\\)"),
        (changed("x_state_dict", None), "KeyError\\('x_state_dict'\\)"),
        (changed("x_state_dict/final.linears.1.bias", None), "KeyError\\('final.linears.1.bias'\\)"),
        (changed("x_state_dict/final.linears.1.bias", torch.zeros(3)), "theirs.pth: .*size mismatch"),
        (changed("adj_state_dict/layers.0.attn.1.gnn_q.weight", torch.zeros(9, 9)), "theirs.pth: .*"),
        (changed("params_adj/num_layers", 3), "theirs.pth: "),
        (changed("params_adj/c_hid", 5), "theirs.pth: .*"),
        (changed("params_adj/num_heads", 3), "theirs.pth"),
        (changed("ema_x", None, averaged=True), "theirs.pth: has no moving average of weights \\(`ema_x`\\)$"),
        (changed("ema_x/shadow_params", [], averaged=True), "theirs.pth: "),
        ([1, 2], "not a checkpoint of GDSS: it lacks"),
        (
            changed("model_config/data", {"data": "MOSES", "max_node_num": 9, "init": "atom"}),
            "theirs.pth: molecules must be of QM9 or ZINC250k, got 'MOSES'",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_one_line(save, values, message):
    with pytest.raises(InputError, match=message) as raised:
        read_checkpoint(save(values))
    assert "\n" not in str(raised.value) and str(raised.value).count("theirs.pth") == 1


def test_tensors_that_no_part_has_are_an_error(save):
    values = content()
    values["x_state_dict"]["extra.weight"] = torch.zeros(2)
    with pytest.raises(InputError, match="holds tensors that no part of the network has: extra.weight$"):
        read_checkpoint(save(values))


def test_files_that_are_none_are_named(tmp_path):
    with pytest.raises(InputError, match="none.pth: no such file"):
        read_checkpoint(tmp_path / "none.pth")
    (tmp_path / "text.pth").write_text("hello")
    with pytest.raises(InputError, match="text.pth: cannot be read without executing code"):
        read_checkpoint(tmp_path / "text.pth")
