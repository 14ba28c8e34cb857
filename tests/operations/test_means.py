"""A script is refused for what this house cannot do, node by node."""

from __future__ import annotations

from outdial.core.script.listening_nodes import Assist
from outdial.core.script.nodes import Script, Sms
from outdial.operations.means import Means
from outdial.ports import NO_ASSISTANT, NO_SMS

SCRIPTS = [
    Script("talk", {"talk": Assist("talk", ("Talk.",), (), None, "en-US")}),
    Script("text", {"text": Sms("text", ("Hello",), None)}),
]


def test_what_the_house_does_not_have_is_told_by_node() -> None:
    assert Means(assistant=True, sms=True).lacking(SCRIPTS) == {}
    assert Means(assistant=False, sms=True).lacking(SCRIPTS) == {"talk": NO_ASSISTANT}
    assert Means(assistant=True, sms=False).lacking(SCRIPTS) == {"text": NO_SMS}
    assert list(Means(assistant=False, sms=False).lacking(SCRIPTS)) == ["talk", "text"]
