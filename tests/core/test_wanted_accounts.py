"""The section `account` of an apply file: amounts as they are written, and what is no amount."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from outdial.core.errors import Malformed
from outdial.core.money import Tariff
from outdial.core.wanted import WantedAccount, from_document


def read(account: Any) -> WantedAccount | None:
    """The account of a file that has nothing else."""
    document = {"tenants": [{"name": "site", "time_zone": "UTC", "account": account}]}
    return from_document(document, {}).tenants[0].account


def test_an_account_with_its_tariffs() -> None:
    assert read(
        {
            "currency": "Rub",
            "opening": 273.50,
            "credited_by": ["cash", "bank"],
            "tariffs": [
                {"prefix": "79", "per_second": "0.1", "first_step_seconds": 60, "step_seconds": 6, "connection": 1},
                {"per_second": 0.065, "per_sms_part": 2.5},
            ],
        }
    ) == WantedAccount(
        currency="Rub",
        opening=Decimal("273.50"),
        credited_by=("bank", "cash"),
        tariffs=(
            Tariff(per_second=Decimal("0.065"), per_sms_part=Decimal("2.5")),
            Tariff(
                prefix="79",
                per_second=Decimal("0.1"),
                first_step_seconds=60,
                step_seconds=6,
                connection=Decimal(1),
            ),
        ),
    )
    assert read(None) is None


@pytest.mark.parametrize(
    ("account", "path"),
    [
        ({"tariffs": []}, "currency"),
        ({"currency": "Rub"}, "tariffs"),
        ({"currency": "Rub", "tariffs": [], "opening": 1.005}, "opening"),
        ({"currency": "Rub", "tariffs": [], "opening": -1}, "opening"),
        ({"currency": "Rub", "tariffs": [], "opening": "NaN"}, "opening"),
        ({"currency": "Rub", "tariffs": [], "opening": True}, "opening"),
        ({"currency": "Rub", "tariffs": [], "enabled": "yes"}, "enabled"),
        ({"currency": "Rub", "tariffs": [], "credited_by": "bank"}, "credited_by"),
        ({"currency": "Rub", "tariffs": [{"per_second": "much"}]}, "tariffs.0.per_second"),
        ({"currency": "Rub", "tariffs": [{"prefix": "+7"}]}, "tariffs.0.prefix"),
        ({"currency": "Rub", "tariffs": [{"step_seconds": 0}]}, "tariffs.0.step_seconds"),
        ({"currency": "Rub", "tariffs": [{"prefix": "7"}, {"prefix": "7"}]}, "tariffs"),
        ({"currency": "Rub", "tariffs": [{}, {}]}, "tariffs"),
        ({"currency": "Rub", "tariffs": [{}], "price": 1}, "price"),
    ],
)
def test_what_cannot_be_an_account_is_named(account: Any, path: str) -> None:
    with pytest.raises(Malformed) as refused:
        read(account)
    assert refused.value.field == f"tenants.0.account.{path}"
