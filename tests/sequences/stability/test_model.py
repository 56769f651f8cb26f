"""The model says of a mutation what its table of the protein says, nothing of the native letter, and learns a known law."""

import numpy as np
import pytest
import torch

from sciml.config.inverse_folding import StabilityConfig
from sciml.config.models import TrainingConfig
from sciml.io.digest import digest
from sciml.sequences.data.sequence_set import PROTEIN
from sciml.sequences.oracles.reward import one_hot
from sciml.sequences.stability.baselines import baselines
from sciml.sequences.stability.model import StabilityModel
from sciml.sequences.stability.quality import stability_quality
from sciml.sequences.stability.reward import StabilityReward
from sciml.sequences.stability.sites import all_sites
from sciml.sequences.stability.train import train_stability

TRAINING = TrainingConfig(steps=200, batch=128, rate=1e-2, weight_decay=0.1, precision="32")
CONFIG = StabilityConfig(members=2, width=16, reach=1, training=TRAINING)


def _train(config, mutations, folder, seed=0):
    return train_stability(config, mutations, seed=seed, run_directory=folder, fingerprint="test").model


@pytest.fixture
def model():
    torch.manual_seed(0)
    return StabilityModel(CONFIG).eval()


def test_a_mutation_is_an_entry_of_the_table_of_its_protein(model, simulate):
    mutations = simulate(1, 8)
    exposure = np.full(40, np.nan)
    exposure[mutations.places] = mutations.exposure
    kept = [k for k, place in enumerate(mutations.places) if (mutations.places == place).sum() == 1]
    table = model.changes(mutations.sequences[0], exposure.tolist())
    said = model.predict(mutations.take(np.array(kept)))
    for k, value in zip(kept, said.tolist(), strict=True):
        assert table[mutations.places[k], PROTEIN.index(mutations.mutants[k])].item() == pytest.approx(value, abs=1e-6)
    assert len(kept) > 3


def test_the_native_letter_changes_nothing_and_neighbours_count(model):
    table = model.changes("MKLVAA")
    native = torch.tensor([PROTEIN.index(letter) for letter in "MKLVAA"])
    assert not table[torch.arange(6), native].any() and (table != 0).sum() == 6 * 19
    other = model.changes("MKLVWA")
    assert torch.equal(table[:3], other[:3]) and not torch.allclose(table[3], other[3])  # one letter away


def test_exposure_counts_unless_it_is_left_out(model):
    known, unknown = model.changes("MKLV", [0.1, 0.9, float("nan"), 1.0]), model.changes("MKLV")
    assert torch.equal(known[2], unknown[2]) and not torch.allclose(known[0], unknown[0])
    without = StabilityModel(CONFIG.model_copy(update={"exposure": False})).eval()
    assert torch.equal(without.changes("MKLV", [0.1, 0.9, 0.2, 1.0]), without.changes("MKLV"))


def test_windows_end_where_the_protein_does():
    assert all_sites("MKX", 1).windows.tolist() == [[20, 10, 8], [10, 8, 20], [8, 20, 20]]
    assert all_sites("MK", 0, [0.5, float("nan")]).exposure.tolist() == [0.5, -1.0]
    with pytest.raises(ValueError, match="`exposure` must be 2 numbers in"):
        all_sites("MK", 0, [0.5, 1.5])


def test_a_reward_is_minus_the_sum_of_changes_and_so_is_its_gradient(model):
    table = model.changes("MKLVAA")
    reward, x = StabilityReward(table), one_hot(torch.tensor([[10, 8, 9, 17, 0, 0], [0, 8, 9, 17, 0, 18]]), 20)
    assert reward(x)[0] == 0
    assert reward(x)[1].item() == pytest.approx(-(table[0, 0] + table[5, 18]).item(), abs=1e-6)
    soft = x.softmax(-1).requires_grad_()
    (slope,) = torch.autograd.grad(reward(soft).sum(), soft)
    assert torch.equal(slope, -table.expand(2, -1, -1))
    with pytest.raises(ValueError, match=r"`x` must be \(batch, 6, 20\), got \(2, 5, 20\)"):
        reward(x[:, :5])


def test_a_known_law_is_learned_of_proteins_that_were_not_seen(simulate, tmp_path):
    """It is as good as the ridge that knows the form of the law but not the strength of exposure by letter."""
    seen, unseen = simulate(20), simulate(8, seed=1)
    found = stability_quality(_train(CONFIG, seen, tmp_path).predict(unseen).double().numpy(), unseen, seed=0)
    assert found["spearman"]["value"] > 0.95 and found["rmse"]["value"] < 0.6
    simple = baselines(seen, unseen)
    assert found["rmse"]["value"] < stability_quality(simple["exposure"], unseen, seed=0)["rmse"]["value"]
    mean = stability_quality(simple["mean"], unseen, seed=0)
    assert mean["spearman"]["value"] is None
    assert mean["rmse"]["value"] == pytest.approx(np.sqrt(np.mean((unseen.ddg - seen.ddg.mean()) ** 2)))


def test_training_repeats_bit_for_bit(simulate, tmp_path):
    short = CONFIG.model_copy(update={"training": TRAINING.model_copy(update={"steps": 5, "warmup": 1})})
    one, again, other = (
        digest(_train(short, simulate(4), tmp_path / str(k), seed).state_dict()) for k, seed in enumerate((3, 3, 4))
    )
    assert one == again != other


def test_the_model_on_real_proteins_is_better_than_substitutions_alone(mirror, tmp_path):
    """On the validation table; the test table is for the final figure alone."""
    from sciml.sequences.stability.mutations import read_mutations

    seen, unseen = (read_mutations(mirror / f"fireprot_{name}.csv.gz") for name in ("train", "val"))
    config = StabilityConfig(members=1)
    found = stability_quality(_train(config, seen, tmp_path).predict(unseen).double().numpy(), unseen, seed=0)
    simple = stability_quality(baselines(seen, unseen)["substitution"], unseen, seed=0)
    assert found["spearman"]["value"] > 0.4 > simple["spearman"]["value"] > 0.3
