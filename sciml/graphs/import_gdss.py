"""Checkpoints of GDSS's authors, read without executing any code.

Their files are pickles. Of what a pickle may name only tensors and dictionaries are allowed, `EasyDict` read as an ordered
one; anything else is refused by torch's own weights-only reader.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from sciml.config.base import parse
from sciml.config.graph_models import GraphModelConfig
from sciml.denoisers.graph import GraphScoreDenoiser
from sciml.graphs.data.graph_set import GraphSet
from sciml.graphs.gdss import blank_representation, build, score_networks, size_counts
from sciml.graphs.generator import GraphGenerator
from sciml.io.errors import InputError
from sciml.io.torch_file import UNREADABLE

ALPHABETS = {
    "QM9": ("C", "N", "O", "F"),
    "ZINC250k": ("C", "N", "O", "F", "P", "S", "Cl", "Br", "I"),
}
_KINDS = {"VP": "vp_linear", "VE": "ve", "subVP": "sub_vp"}
_NETWORKS = {"ScoreNetworkX": "gcn", "ScoreNetworkX_GMH": "gmh"}


@dataclass(frozen=True)
class Checkpoint:
    """What a file holds.

    Args:
        config: the model in our terms.
        net_x: trained network of the nodes.
        net_adj: trained network of the adjacency.
        atoms: elements; none for other graphs.
        nodes: of the largest graph.
        data: the authors' name of the data set.
    """

    config: GraphModelConfig
    net_x: nn.Module
    net_adj: nn.Module
    atoms: tuple[str, ...]
    nodes: int
    data: str


def read_checkpoint(path: Path, *, averaged: bool | None = None) -> Checkpoint:
    """Read a file of the authors.

    Args:
        path: the file.
        averaged: whether to take the moving average of the weights; by default as the file's own settings say.

    Raises:
        InputError: no such file, not a checkpoint of GDSS, code in it, or a network of another kind.
    """
    content = _load(path)
    try:
        theirs = content["model_config"]
        config, features = _config(content, path), int(content["params_x"]["max_feat_num"])
        net_x, net_adj = score_networks(config.net, features)  # type: ignore[arg-type]
        average = theirs.get("sample", {}).get("use_ema", False) if averaged is None else averaged
        for net, part in ((net_x, "x"), (net_adj, "adj")):
            net.load_state_dict(_translated(_weights(content, part, average, path), net, path))
        name = str(theirs["data"]["data"])
        nodes = int(theirs["data"]["max_node_num"])
        if theirs["data"].get("init") == "atom" and name not in ALPHABETS:
            raise InputError(
                f"{path}: molecules must be of {' or '.join(ALPHABETS)}, got {name!r}: its elements are not known"
            )
    except InputError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError, RuntimeError) as error:
        raise InputError(f"{path}: not a checkpoint of GDSS that can be read here: {error!r}") from error
    return Checkpoint(config, net_x.eval(), net_adj.eval(), ALPHABETS.get(name, ()), nodes, name)


def _load(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        with torch.serialization.safe_globals([(OrderedDict, "easydict.EasyDict")]):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except UNREADABLE as error:
        lines = [line for line in str(error).splitlines() if line and "weights_only" not in line]
        reason = lines[0] if lines else type(error).__name__
        raise InputError(f"{path}: cannot be read without executing code, which is never done: {reason}") from error
    if not isinstance(content, dict) or not {"model_config", "params_x", "params_adj"} <= content.keys():
        raise InputError(f"{path}: not a checkpoint of GDSS: it lacks `model_config`, `params_x` or `params_adj`")
    return content


def _config(content: Mapping[str, Any], path: Path) -> GraphModelConfig:
    theirs, x, adj = content["model_config"], content["params_x"], content["params_adj"]
    if adj.get("conv", "GCN") != "GCN":
        raise InputError(f"{path}: `conv` must be GCN, got {adj['conv']!r}")
    if x["model_type"] not in _NETWORKS:
        raise InputError(f"{path}: `model_type` must be one of {', '.join(_NETWORKS)}, got {x['model_type']!r}")
    net = {
        "kind": "score_networks",
        "x": _NETWORKS[x["model_type"]],
        "depth": x["depth"],
        "layers": adj["num_layers"],
        "hidden": adj["nhid"],
        "attention": adj["adim"],
        "heads": adj["num_heads"],
        "linears": adj["num_linears"],
        "channels": [adj["c_init"], adj["c_hid"], adj["c_final"]],
    }
    values = {
        "net": net,
        "parameterisation": "score",
        "codes": "plain",
        "matched_prior": True,
        "degrees": x["max_feat_num"],
        "training": {"steps": max(1, int(theirs["train"]["num_epochs"]))},
    }
    for part in ("x", "adj"):
        sde = theirs["sde"][part]
        values[part] = {"kind": _KINDS[sde["type"]], "low": float(sde["beta_min"]), "high": float(sde["beta_max"])}
    return parse(GraphModelConfig, values, str(path))


def _weights(content: Mapping[str, Any], part: str, averaged: bool, path: Path) -> dict[str, Tensor]:
    weights = {name.removeprefix("module."): tensor for name, tensor in content[f"{part}_state_dict"].items()}
    if not averaged:
        return weights
    average = content.get(f"ema_{part}")
    if average is None:
        raise InputError(f"{path}: has no moving average of weights (`ema_{part}`)")
    return dict(zip(weights, average["shadow_params"], strict=True))


def _translated(theirs: Mapping[str, Tensor], net: nn.Module, path: Path) -> dict[str, Tensor]:
    """Their tensors under our names: convolutions of all channels, queries, keys and values as one."""
    ours: dict[str, Tensor] = {}
    used: set[str] = set()

    def take(name: str) -> Tensor:
        used.add(name)
        return theirs[name]

    for name in net.state_dict():
        head, _, leaf = name.rpartition(".")
        if head.endswith("convolutions"):
            layer = head.removesuffix(".convolutions")
            channels = sum(key.startswith(f"{layer}.attn.") and key.endswith("gnn_q.weight") for key in theirs)
            fused = [torch.cat([take(f"{layer}.attn.{c}.gnn_{kind}.{leaf}") for kind in "qkv"], -1) for c in range(channels)]
            ours[name] = torch.stack(fused) if leaf == "weight" else torch.stack(fused)[:, None]
        elif head.startswith("layers.") and head.count(".") == 1:  # a single convolution
            ours[name] = take(name)[None] if leaf == "weight" else take(name)[None, None]
        else:
            block, _, place = head.rpartition(".")  # linear maps alternate with activations
            their_block = block.replace(".pairs", ".mlp").replace(".nodes", ".multi_channel")
            ours[name] = take(f"{their_block}.linears.{int(place) // 2}.{leaf}")
    if left := sorted(set(theirs) - used):
        raise InputError(f"{path}: holds tensors that no part of the network has: {', '.join(left[:3])}")
    return ours


def imported(
    checkpoint: Checkpoint, graphs: GraphSet | None = None, origin: str = "the data"
) -> tuple[GraphGenerator, GraphModelConfig]:
    """A generator with the trained networks.

    Args:
        checkpoint: what was read.
        graphs: the training set, for sizes of graphs and moments of the prior; without it all graphs have the largest size,
            and the prior is pure noise, which the published processes do not reach.
        origin: what to call the data in an error.

    Raises:
        InputError: the data are of other elements, or larger than the model.
    """
    config, nodes = checkpoint.config, checkpoint.nodes
    counts = torch.zeros(nodes + 1, dtype=torch.long)
    counts[nodes] = 1
    if graphs is not None:
        if graphs.atoms != checkpoint.atoms or int(graphs.sizes.max()) > nodes:
            kind = f"elements {list(graphs.atoms)} and up to {int(graphs.sizes.max())} nodes"
            raise InputError(f"{origin}: has {kind}, the model {list(checkpoint.atoms)} and {nodes}")
        counts = size_counts(graphs.sizes, nodes)
    else:
        config = config.model_copy(update={"matched_prior": False})
    representation = blank_representation(config, checkpoint.atoms, 4 if checkpoint.atoms else 2)
    moments = None if graphs is None else representation.moments(graphs)
    generator = build(config, representation, counts, moments)
    denoiser = generator.denoiser
    assert isinstance(denoiser, GraphScoreDenoiser)
    denoiser.net_x, denoiser.net_adj = checkpoint.net_x, checkpoint.net_adj
    return generator.eval(), config
