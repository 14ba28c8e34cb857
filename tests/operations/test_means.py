"""A script is refused for what this house cannot do, node by node."""

from __future__ import annotations

import pytest

from outdial.core.errors import Malformed
from outdial.core.script.listening_nodes import Assist
from outdial.core.script.nodes import Script, Sms
from outdial.operations.means import Means
from outdial.ports import NO_ASSISTANT, NO_SMS
from outdial.setup import read

SCRIPTS = [
    Script("talk", {"talk": Assist("talk", ("Talk.",), (), None, "en-US")}),
    Script("text", {"text": Sms("text", ("Hello",), None)}),
]


def test_what_the_house_does_not_have_is_told_by_node() -> None:
    assert Means(assistant=True, sms=True).lacking(SCRIPTS) == {}
    assert Means(assistant=False, sms=True).lacking(SCRIPTS) == {"talk": NO_ASSISTANT}
    assert Means(assistant=True, sms=False).lacking(SCRIPTS) == {"text": NO_SMS}
    assert list(Means(assistant=False, sms=False).lacking(SCRIPTS)) == ["talk", "text"]


def test_an_sms_to_whom_nobody_reached_needs_a_carrier_too() -> None:
    script = Script("end", {}, unanswered=("We called.",))
    assert Means(assistant=True, sms=False).lacking([script]) == {"unanswered": NO_SMS}
    assert Means(assistant=False, sms=True).lacking([script]) == {}


PROJECTS = """
tenants:
  - name: site
    time_zone: Europe/Moscow
    scripts:
      - dialect: native
        number: 1
        name: a
        script: {start: s, nodes: {s: {node: sms, name: s, message: [Hi], next: null}}}
    is74:
      projects:
        - id: 1
          name: One
          time_zone: Europe/Moscow
          scenarios:
            - id: 951
              name: Talks
              start_blocks: [{id: 10, next: talk}, {id: 11, next: text}]
              blocks:
                talk: {assistant: Talk., otherwise: text}
                text: {sms: Hello}
"""


def test_an_apply_file_is_refused_for_what_the_house_does_not_have_with_every_place() -> None:
    project = "tenants.0.is74.projects.0.scenarios.0.blocks"
    talk, text = f"{project}.talk: {NO_ASSISTANT}", f"{project}.text: {NO_SMS}"
    script = f"tenants.0: script native 1, s: {NO_SMS}"
    for means, told in (
        (Means(assistant=False, sms=True), [talk]),
        (Means(assistant=True, sms=False), [script, text]),
        (Means(assistant=False, sms=False), [script, talk, text]),
    ):
        with pytest.raises(Malformed) as refused:
            read(PROJECTS, means=means)
        assert sorted(refused.value.message.splitlines()) == sorted(told)
    assert read(PROJECTS, means=Means(assistant=True, sms=True))
