"""What the documentation of the pacers shows is what happens."""

from __future__ import annotations

import doctest

import pytest

import outdial.core.pacing
import outdial.core.pacing.marginal


@pytest.mark.parametrize(
    "module", [outdial.core.pacing, outdial.core.pacing.marginal], ids=lambda module: module.__name__
)
def test_the_examples_hold(module):
    assert doctest.testmod(module).failed == 0
