"""What each rule needs elsewhere: a number of its own for changes of its code, and a GPU where there is a cluster."""

import re

import yaml

from .conftest import ROOT

RULES = ROOT / "workflows/rules"


def rules() -> dict[str, str]:
    """The text of each rule by its name."""
    texts = [path.read_text() for path in sorted(RULES.glob("*.smk"))]
    return {
        name: body for text in texts for name, body in re.findall(r"^rule (\w+):\n((?:(?: .*)?\n)+)", text, re.MULTILINE)
    }


def test_each_rule_has_a_number_of_its_own():
    found = {name: re.findall(r'VERSIONS\["(\w+)"\]', body) for name, body in rules().items()}
    assert found == {name: [name] for name in found} and len(found) > 15
    listed = re.search(r"^VERSIONS = \{\n(.*?)^\}", (RULES / "configuration.smk").read_text(), re.MULTILINE | re.DOTALL)
    assert listed and sorted(re.findall(r'"(\w+)":', listed[1])) == sorted(found)


def test_on_a_cluster_whatever_trains_has_a_gpu():
    profile = yaml.safe_load((ROOT / "workflows/profiles/slurm/config.yaml").read_text())["set-resources"]
    assert set(profile) <= set(rules())
    training = [name for name, body in rules().items() if "--time-limit" in body]
    assert len(training) >= 9 and [name for name in training if profile.get(name, {}).get("gpu") != 1] == []
