"""Whatever stands in an apply file, it is either understood or refused as `Malformed`, and never anything worse."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given

from core.generated import JSON, spoilt
from outdial.core.errors import Malformed
from outdial.core.wanted import Wanted, from_document

FILE = {
    "tenants": [
        {
            "name": "site",
            "time_zone": "Europe/Moscow",
            "domain": "site.example",
            "users": [{"login": "admin", "password": "secret", "role": "user"}],
            "calendars": [
                {
                    "key": "c",
                    "name": "Days",
                    "hours": [{"days": [1], "start": "9:00"}],
                    "holidays": [{"date": "2026-01-01"}],
                }
            ],
            "agents": [{"key": "100", "skills": ["english"], "rules": {"ring_seconds": 20}, "status": "On Break"}],
            "keys": [{"name": "crm", "key": "k-1"}],
            "account": {
                "currency": "Rub",
                "enabled": True,
                "opening": 273.5,
                "credited_by": ["crm"],
                "tariffs": [{"per_second": 0.065}, {"prefix": "7", "per_second": "0.1", "step_seconds": 6}],
            },
            "trunks": [{"name": "carrier", "lines": 10, "calls_per_second": 2.5, "caller": "+7 495 123-45-67"}],
            "routes": [{"pattern": "7.*", "trunk": "carrier", "strip": 1, "prepend": "8"}],
            "scripts": [
                {"dialect": "native", "number": 1, "script": {"start": "a", "nodes": {"a": {"node": "hang up"}}}}
            ],
        }
    ]
}


def read(document: object) -> None:
    """Read a file, and hold the reader to its word."""
    with suppress(Malformed):
        assert isinstance(from_document(document, {}), Wanted)


def test_the_file_that_is_spoilt_here_is_understood():
    assert from_document(FILE, {}).tenants[0].name == "site"


@given(JSON)
def test_any_value_is_understood_or_malformed(value):
    read(value)


@given(spoilt(FILE))
def test_a_file_with_one_spoilt_value_is_understood_or_malformed(document):
    read(document)


@pytest.mark.parametrize("lines", [10**400, -(10**400)])
def test_a_number_that_no_float_holds_is_malformed(lines):
    trunk = {"name": "carrier", "lines": lines, "calls_per_second": lines}
    with pytest.raises(Malformed, match="whole number from 1"):
        from_document({"tenants": [{"name": "site", "time_zone": "Europe/Moscow", "trunks": [trunk]}]}, {})
