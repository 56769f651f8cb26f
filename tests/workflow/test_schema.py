"""The schema beside the workflow is that of the configuration classes."""

import json

import pytest
import yaml

from sciml.config.base import parse
from sciml.config.settings import Settings

from .conftest import ROOT, SCALES

PATH = ROOT / "workflows/schemas/config.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def objects(schema):
    if isinstance(schema, dict):
        if "properties" in schema and schema.get("type") == "object":
            yield schema
        for value in schema.values():
            yield from objects(value)


def test_schema_equals_the_classes():
    assert json.loads(PATH.read_text()) == {"$schema": DIALECT, **Settings.model_json_schema()}


def test_no_object_takes_unknown_keys():
    found = list(objects(json.loads(PATH.read_text())))
    assert len(found) > 10
    assert all(schema["additionalProperties"] is False for schema in found)


@pytest.mark.parametrize("scale", SCALES)
def test_a_scale_is_called_what_its_file_is(scale):
    values = yaml.safe_load((ROOT / f"workflows/config/{scale}.yaml").read_text())
    assert parse(Settings, values, scale).scale == scale
