"""The clock of whoever a phone belongs to, where its number tells."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from outdial.api.phones import offset_minutes


@pytest.mark.parametrize(
    ("digits", "month", "offset"),
    [
        ("74232123456", 8, 600),
        ("73432001122", 8, 300),
        ("79021234567", 8, None),
        ("70001400001", 8, None),
        ("12125551234", 8, -240),
        ("12125551234", 12, -300),
        ("380441234567", 8, 180),
        ("88001234567", 8, None),
    ],
)
def test_a_number_of_one_clock_has_its_offset_on_that_day(digits: str, month: int, offset: int | None) -> None:
    assert offset_minutes(digits, datetime(2024, month, 22, 12, tzinfo=UTC)) == offset
