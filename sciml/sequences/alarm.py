"""The alarm against a reward that is hacked: samples are looked at while a generator is fine-tuned.

An optimiser finds what an oracle has never seen. So others that it does not see judge its samples: oracles trained on other
data and of another kind, and the likelihood under the model it began with. When the median of one leaves the band in which
real sequences lie, the samples are no longer real ones, and fine-tuning goes back to where all was well.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Generator, Tensor

from sciml.config.sequence_models import AlarmConfig
from sciml.config.sequence_settings import SteeringConfig
from sciml.denoisers.reward import Reward
from sciml.io.atomic import atomic_file
from sciml.io.errors import InputError
from sciml.sequences.data.sequence_set import SequenceSet
from sciml.sequences.generator import SequenceGenerator
from sciml.sequences.metrics.bands import Band, band, verdict
from sciml.sequences.oracles.reward import reward_of
from sciml.sequences.steering import way
from sciml.solvers.letters.ancestral import Ancestral
from sciml.training.batches import hash_seed

PLAIN = way(SteeringConfig(), Ancestral(), None, "")
DRAWS = 16  # of noise for a log-likelihood
LIKELIHOOD = "the log-likelihood under the pretrained model"


class Alarm:
    """Called with the number of steps done; says why to stop, or nothing.

    Args:
        generator: being fine-tuned.
        pretrained: where it began.
        judges: held-out oracles by name.
        real: sequences that the bands are made of.
        config: when to look, and at what.
        steps: of a sample.
        seed: of the samples.
        kept: file that holds the weights of the last look at which all was well.
    """

    def __init__(
        self,
        generator: SequenceGenerator,
        pretrained: SequenceGenerator,
        judges: Mapping[str, Reward],
        real: SequenceSet,
        config: AlarmConfig,
        steps: int,
        seed: int,
        kept: Path,
    ) -> None:
        self.generator, self.pretrained, self.config = generator, pretrained, config
        self.steps, self.seed, self.kept = steps, seed, kept
        self.judges = dict(judges) if config.judges else {}
        if not (self.judges or config.typicality):
            raise InputError("the alarm has nothing to look at: give judges, or set `typicality`, or `alarm` to null")
        self.bands: dict[str, Band] = {name: band(values) for name, values in self._values(real, 0).items()}

    def __call__(self, step: int) -> str | None:
        return None if step % self.config.every else self.look(step)

    def look(self, step: int) -> str | None:
        """Why to stop, if so; else the weights are kept."""
        was_training = self.generator.training
        self.generator.eval()
        source = Generator(self._device).manual_seed(hash_seed(self.seed, 11, step))
        made = self.generator.sample(self.config.count, PLAIN, self.steps, generator=source).sequences
        self.generator.train(was_training)
        for name, values in self._values(made, step).items():
            found = verdict(values, self.bands[name])
            if found.outside:
                limits = f"{found.band.low:.4g} to {found.band.high:.4g}"
                return f"{name}: the median {found.median:.4g} is {found.side} the band of real sequences, {limits}"
        with atomic_file(self.kept) as temporary:
            weights = {name: tensor.contiguous() for name, tensor in self.generator.state_dict().items()}
            save_file(weights, temporary, {"step": str(step)})
        return None

    def restore(self) -> int:
        """Put the weights back of the last look at which all was well; those of the pretrained model if there was none.

        Returns:
            The step that they are of, 0 for the pretrained model.
        """
        if not self.kept.exists():
            self.generator.load_state_dict(self.pretrained.state_dict())
            return 0
        with safe_open(self.kept, framework="pt") as file:
            self.generator.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
            return int(file.metadata()["step"])

    @property
    def _device(self) -> torch.device:
        return next(self.generator.parameters()).device

    def _values(self, sequences: SequenceSet, step: int) -> dict[str, Tensor]:
        found = {name: reward_of(judge, sequences, name) for name, judge in self.judges.items()}
        if self.config.typicality:
            source = Generator(self._device).manual_seed(hash_seed(self.seed, 12, step))
            self.pretrained.to(self._device)
            found[LIKELIHOOD] = self.pretrained.log_likelihood(sequences, draws=DRAWS, generator=source)
        return found
