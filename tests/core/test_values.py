"""Everything in the core is a value: frozen, without a clock, chance, input or output; and what a call hears and asks
names its leg."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from dataclasses import is_dataclass
from enum import Enum
from typing import get_args

import pytest

import outdial.core
from core.stories import CALLEE, EXTENSION, joins
from outdial.core.commands import CallCommand, SwitchCommand
from outdial.core.events import CallEvent

MODULES = [
    importlib.import_module(found.name)
    for found in pkgutil.walk_packages(outdial.core.__path__, "outdial.core.")
    if not found.ispkg
]
GROWING = {"MarginalPricing", "Adaptive", "Section", "Fields", "Blocks"}
"""Pacers, which learn from thousands of events, and the readers of documents, which collect their faults."""
IMPURE = {"asyncio", "io", "logging", "os", "random", "secrets", "socket", "subprocess", "time", "uuid"}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_value_is_frozen_and_says_what_it_is(module):
    assert module.__doc__
    for name, made in inspect.getmembers(module, inspect.isclass):
        if made.__module__ == module.__name__ and is_dataclass(made):
            assert made.__dataclass_params__.frozen, f"{name} can be changed"
            assert not made.__doc__.startswith(f"{name}("), f"{name} says nothing"
        elif made.__module__ == module.__name__ and not name.startswith("_"):
            known = issubclass(made, Enum | BaseException) or is_protocol(made) or name in GROWING
            assert known, f"{name} is neither a value nor an error nor what others have to be"


def is_protocol(made):
    return getattr(made, "_is_protocol", False)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_no_module_knows_the_outside_world(module):
    imported = {
        name.split(".")[0] if not name.startswith("outdial") else name
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not imported & IMPURE
    assert all(name.startswith("outdial.core") for name in imported if name.startswith("outdial"))


@pytest.mark.parametrize("made", [*get_args(CallEvent), *get_args(CallCommand), *get_args(SwitchCommand)])
def test_every_event_and_command_names_its_leg(made):
    assert hasattr(made, "channel")


def test_a_joint_belongs_to_the_callees_leg():
    (join,) = joins()
    assert (join.channel, join.second) == (CALLEE, EXTENSION)
