"""What `graphs.py` measures: imported checkpoints, their sampling, the metrics, the engineering of the networks."""

import math
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from graph_plain import plain_scores
from scipy.stats import ttest_ind
from torch import Tensor

from sciml.config.graph_settings import GraphEvaluationConfig, GraphSamplingConfig
from sciml.config.graphs import CommunitySmallConfig, GridConfig, PublishedGraphsConfig, PublishedMoleculesConfig
from sciml.config.solvers import SolverConfig
from sciml.denoisers.graph import GraphScoreDenoiser
from sciml.graphs.data.catalog import prepare_graphs
from sciml.graphs.data.store import load_graphs
from sciml.graphs.evaluate import Judge
from sciml.graphs.generator import GraphGenerator
from sciml.graphs.import_gdss import Checkpoint, imported, read_checkpoint
from sciml.graphs.metrics.score_graphs import score_graphs
from sciml.graphs.sampling import sample_graphs
from sciml.nets.gdss import ScoreNetworkA
from sciml.numerics.graph_state import GraphState, pair_mask, symmetrised

DATA = {
    "community_small": CommunitySmallConfig(train=80, validation=0, test=20, authors=True),
    "grid": GridConfig(),
    "ego_small": PublishedGraphsConfig(kind="ego_small", published_split=True),
    "ENZYMES": PublishedGraphsConfig(kind="enzymes", published_split=True),
    "QM9": PublishedMoleculesConfig(kind="qm9"),
    "ZINC250k": PublishedMoleculesConfig(kind="zinc250k"),
}
FEW_CALLS = GraphSamplingConfig(
    count=1024,
    solver=SolverConfig(name="dpm_solver_pp_sde", order=2, steps=19, grid="log_snr"),
    batch=128,
)
AUTHORS = {  # theirs for each checkpoint: 2,000 calls
    "community_small": GraphSamplingConfig(
        count=1024,
        solver=SolverConfig(name="euler_maruyama", steps=999, corrections=1, snr=0.05, noise_scale=0.7),
        batch=256,
    ),
    "qm9": GraphSamplingConfig(
        count=3000,  # of which each takes a quarter of a processor second
        solver=SolverConfig(name="reverse_diffusion", steps=999, corrections=1, snr=0.2, noise_scale=0.7),
        batch=1000,
    ),
}


def differences(checkpoint: Checkpoint, reference: Path) -> tuple[dict[str, float], dict[str, float]]:
    """Largest difference of each array of a reference from what the imported networks say: as it is, and as a share.

    The share is of the largest entry of the array where that exceeds 1; of the scores of community_small that is 52.

    Sigma, the division and the network of the nodes are to the bit those of the published code, in single precision. What is
    left is the order of operations in the network of the adjacency, whose convolutions are fused here: 7e-7 in outputs of up
    to 6, less than either is from the same network in double precision. A score at t = 0.05 is an output over sigma = 0.078,
    and so is its difference: 8e-6, two units in the last place of the largest score.
    """
    arrays = {name: torch.from_numpy(values) for name, values in np.load(reference).items()}
    state = GraphState(arrays["x"], arrays["adj"], arrays["flags"] > 0)
    generator, _ = imported(checkpoint)
    assert isinstance(generator.denoiser, GraphScoreDenoiser)
    with torch.no_grad():
        scores = generator.denoiser.scores(state, arrays["t"].double())
        ours = {
            "net_x": checkpoint.net_x(state.x, state.adj, state.mask),
            "net_adj": checkpoint.net_adj(state.x, state.adj, state.mask),
            "score_x": scores.x,
            "score_adj": scores.adj,
        }
    absolute = {name: (ours[name] - arrays[name]).abs().max().item() for name in ours}
    return absolute, {name: absolute[name] / max(1, arrays[name].abs().max().item()) for name in ours}


def imported_with_data(checkpoint: Path, mirror: Path | None, folder: Path) -> tuple[GraphGenerator, Path, str]:
    """An imported model, the prepared data set it was trained on, and the authors' name of it."""
    found = read_checkpoint(checkpoint)
    store = folder / f"{found.data}.zarr"
    if not store.exists():
        prepare_graphs(DATA[found.data], store, mirror)
    generator, _ = imported(found, load_graphs(store, "train"), str(store))
    return generator, store, found.data


def published_mean(generator: GraphGenerator, data: Path, sampling: GraphSamplingConfig, seeds: int) -> dict[str, Any]:
    """The mean MMD of degree, clustering and orbit by the published protocol, and without bias; and seconds.

    The interval is that of the mean over seeds, by Student's t, or of the bootstrap where there is one seed.
    """
    test, train = load_graphs(data, "test"), load_graphs(data, "train")
    rows, seconds = [], []
    for seed in range(seeds):
        sampled = sample_graphs(generator, sampling, seed=seed)
        seconds.append(sampled.seconds_per_graph)
        scores = score_graphs(sampled.generated.graphs, test, train, seed=seed, drop_isolated=True)
        rows.append((scores["mmd"], scores["shares"], sampled.generated.nfe))
    published = [mmd["mean"]["published_protocol"]["mean"] for mmd, _, _ in rows]
    mean = statistics.mean(published)
    if seeds > 1:
        half = {2: 12.71, 3: 4.30, 4: 3.18}.get(seeds, 2.0) * statistics.stdev(published) / math.sqrt(seeds)
        interval = [mean - half, mean + half]
    else:
        unbiased = rows[0][0]["mean"]
        interval = [mean + bound - unbiased["value"] for bound in unbiased["interval"]]
    return {
        "calls": rows[0][2],
        "published": mean,
        "published_by_seed": published,
        "interval": interval,
        "seeds": seeds,
        "graphs": sampling.count,
        "unbiased": statistics.mean(mmd["mean"]["value"] for mmd, _, _ in rows),
        "floor_published": rows[0][0]["mean"]["published_protocol"]["floor"],
        "connected": statistics.mean(shares["connected"]["value"] for _, shares, _ in rows),
        "cpu_s_128": 128 * min(seconds),
    }


def difference_of_means(first: list[float], second: list[float]) -> dict[str, Any]:
    """The mean of the first less that of the second, with the 95 % interval of Welch's t."""
    interval = ttest_ind(first, second, equal_var=False).confidence_interval()
    return {"value": statistics.mean(first) - statistics.mean(second), "interval": [*map(float, interval)]}


def molecules(generator: GraphGenerator, data: Path, sampling: GraphSamplingConfig, most: int) -> dict[str, Any]:
    """Validity without correction and FCD of molecules, with intervals and floors."""
    sampled = sample_graphs(generator, sampling, seed=0)
    judge = Judge(data, GraphEvaluationConfig(molecules=("fcd", "nspdk"), most=most), sampling.count, seed=0)
    return {
        "solver": sampled.generated.label,
        "calls": sampled.generated.nfe,
        "cpu_s": sampled.seconds_per_graph * sampling.count,
        **judge.score(sampled.generated.graphs),
    }


def metrics_seconds() -> float:
    """Processor seconds of all four discrepancies for 128 community graphs against 128."""
    from sciml.graphs.data.community import community
    from sciml.graphs.data.graph_set import graph_set

    random = np.random.default_rng(0)
    sets = [graph_set([community(random) for _ in range(128)]) for _ in range(3)]
    with timed() as spent:
        score_graphs(*sets, seed=0, draws=1000)
    return spent()


SIZES: dict[str, tuple[int, Callable[[int], Tensor], tuple[Any, ...]]] = {
    "community_small": (20, lambda n: torch.randint(12, 21, (n,)), (10, 5, 32, 32, (2, 8, 4), 2, 4)),
    "ENZYMES": (125, lambda n: torch.randn(n).mul(15).add(33).clamp(10, 125).long(), (10, 7, 32, 32, (2, 8, 4), 2, 4)),
    "ZINC250k": (38, lambda n: torch.randn(n).mul(4.5).add(23).clamp(6, 38).long(), (9, 6, 16, 16, (2, 8, 4), 3, 4)),
}
BATCH = {"community_small": 128, "ENZYMES": 16, "ZINC250k": 128}


def engineering(repeats: int = 3, sizes: dict[str, Tensor] | None = None) -> dict[str, dict[str, float]]:
    """Time of the plain formulas over that of ours, and the largest difference, at the published sizes of networks.

    Args:
        repeats: of which the fastest counts, on either side.
        sizes: of real graphs, by data set, instead of sizes drawn about theirs.
    """
    found = {}
    for name, (nodes, draw, arguments) in SIZES.items():
        torch.manual_seed(0)
        net = ScoreNetworkA(*arguments).eval()
        mask = torch.arange(nodes) < (draw(BATCH[name]) if sizes is None else sizes[name])[:, None]
        x = torch.randn(*mask.shape, arguments[0]) * mask[..., None]
        adj = symmetrised(torch.randn(*mask.shape, nodes)) * pair_mask(mask)
        with torch.no_grad():
            difference = (net(x, adj, mask) - plain_scores(net, x, adj, mask)).abs().max().item()
            ours, plain = [], []
            for _ in range(repeats):
                ours.append(_seconds(lambda: net(x, adj, mask)))  # noqa: B023
                plain.append(_seconds(lambda: plain_scores(net, x, adj, mask)))  # noqa: B023
        found[name] = {"ratio": min(plain) / min(ours), "difference": difference}
    return found


def _seconds(work: Callable[[], object]) -> float:
    with timed() as spent:
        work()
    return spent()


@contextmanager
def timed() -> Iterator[Callable[[], float]]:
    """Processor seconds since the block began."""
    began = time.process_time()
    yield lambda: time.process_time() - began
