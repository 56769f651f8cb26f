"""Jobs on sequences as small as can be, and how they are run."""

from click.testing import CliRunner, Result

from sciml.cli.main import cli

DATA = "domain: sequences\ndata: {kind: motifs, count: 300, length: 64, split: [200, 20, 80]}\n"
ORACLES = """domain: sequences
oracles:
  target: {label: activity, task: numbers}
  net: {width: 4, kernels: [5], training: {steps: 5, batch: 16, precision: '32'}}
  features: {kmers: [1, 2], motifs: 0, penalty: 0.1}
"""
TRAINING = """domain: sequences
model:
  net: {kind: dilated_cnn, width: 4, dilations: [1]}
  training: {steps: 5, batch: 16, precision: '32'}
"""
TUNING = """domain: sequences
finetuning:
  alpha: 0.1
  steps: 4
  truncation: 2
  alarm: {every: 2, count: 16}
  training: {steps: 4, batch: 8, warmup: 1, precision: '32'}
"""
EVALUATION = """domain: sequences
evaluation:
  sampling: {count: 20, steps: 4, steering: {method: best_of_n, particles: 2}}
  motifs: [SPI1]
  draws: 2
"""
PLAIN = """domain: sequences
evaluation: {sampling: {count: 20, steps: 4}, draws: 2}
"""
COMPARISON = """domain: sequences
comparison: {solvers: [ancestral, trapezoidal], calls: [3], count: 16, draws: 2}
"""


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def fail(*arguments: object) -> None:
    """Run what is to raise."""
    CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)
