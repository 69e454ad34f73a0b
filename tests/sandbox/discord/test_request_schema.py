"""The committed checks of request bodies match Discord's OpenAPI description."""

import json

import pytest

from tests.openapi import DESCRIPTION, MISSING
from tools.generate_schema import SCHEMA, generate


@pytest.mark.skipif(not DESCRIPTION.is_file(), reason=MISSING)
def test_committed_schema_equals_a_fresh_one():
    """`make schema` brings it up to date."""
    assert SCHEMA.read_text() == generate(json.loads(DESCRIPTION.read_bytes()))
