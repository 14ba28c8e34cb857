"""Scenarios: dialogues as they are written by hand, in blocks, and the scripts that are made of them."""

from __future__ import annotations

from outdial.core.scenario.reading import read
from outdial.core.scenario.values import Parameter, Scenario, StartBlock

__all__ = ["Parameter", "Scenario", "StartBlock", "read"]
