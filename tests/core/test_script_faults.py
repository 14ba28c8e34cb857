"""Every planted fault of a script is found where it was planted, and a script without faults plays to its end inside
its own nodes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.generated import HISTORIES, lived, scripts, sound_scripts
from core.stories import ask, heard, key, picked_up, reserved, say, script, silence, tell
from outdial.core.call import Call
from outdial.core.script.check import Fault, faults
from outdial.core.script.deciding import Branch, Case
from outdial.core.script.listening_nodes import Assist, Listen
from outdial.core.script.nodes import Ask, Goal, HangUp, Record, Request, Say, Script, Transfer

SOUND = script(
    "hello",
    hello=say("hello", "q"),
    q=ask("q?", key("1", "yes", "done"), key("2", None, "q"), key("3"), exhausted="agent"),
    done=Goal("done", "bye"),
    bye=HangUp(),
    agent=Transfer("100"),
)
CIRCLE = "this node is in a circle that never listens to the callee"


def test_a_sound_script_has_no_faults():
    assert faults(SOUND) == []


def test_a_start_that_does_not_exist_is_found():
    assert faults(script("x", a=HangUp())) == [Fault("start", 'there is no node "x"')]
    assert [fault.path for fault in faults(Script("a", {}))] == ["start"]


def test_targets_that_do_not_exist_are_found_with_their_paths():
    broken = script(
        "a", a=say("a", "x"), b=Goal("b", "x"), c=ask("c?", key("1", None, "a"), key("2", None, "x"), exhausted="x")
    )
    assert [fault.path for fault in faults(broken)] == [
        "nodes.a.next",
        "nodes.b.next",
        "nodes.c.choices.1.next",
        "nodes.c.exhausted",
    ]


def test_nodes_that_nothing_leads_to_are_found():
    assert faults(script("a", a=HangUp(), b=say("b", "a"))) == [Fault("nodes.b", "nothing leads to this node")]


def test_circles_that_never_listen_are_found_with_every_node_in_them():
    deaf = script("in", **{"in": say("in", "a")}, a=say("a", "b"), b=Goal("b", "a"))
    assert faults(deaf) == [Fault("nodes.a", CIRCLE), Fault("nodes.b", CIRCLE)]
    assert faults(script("a", a=say("a", "a"))) == [Fault("nodes.a", CIRCLE)]


@given(st.lists(st.lists(st.integers(0, 8), max_size=3), min_size=9, max_size=9))
def test_a_node_is_in_a_circle_when_a_way_leads_from_it_back_to_it(arrows):
    def ways(at: int) -> set[int]:
        seen: set[int] = set()
        ahead = set(arrows[at])
        while ahead - seen:
            one = (ahead - seen).pop()
            seen.add(one)
            ahead |= set(arrows[one])
        return seen

    nodes = {str(at): Branch(tuple(Case((), str(one)) for one in targets), None) for at, targets in enumerate(arrows)}
    found = {fault.path for fault in faults(Script("0", nodes)) if fault.message == CIRCLE}
    assert found == {f"nodes.{at}" for at in range(9) if at in ways(at)}


def test_a_circle_of_a_hundred_thousand_nodes_is_found_at_once():
    nodes = {str(at): Goal("on", str((at + 1) % 100_000)) for at in range(100_000)}
    assert len(faults(Script("0", nodes))) == 100_000


def test_a_question_that_answers_itself_does_not_listen():
    itself = ask("", key("1", "x", "a"), default_keys="1")
    assert [fault.path for fault in faults(script("a", a=say("a", "b"), b=itself))] == ["nodes.a", "nodes.b"]


def test_a_question_that_is_heard_or_waits_for_keys_does_listen():
    for listens in (
        ask("q?", key("1", "x", "a"), default_keys="1"),
        ask("", key("1", "x", "a")),
        ask("", key("1", "x", "a"), default_keys="5"),
    ):
        assert faults(script("a", a=say("a", "b"), b=listens)) == []


def test_an_extension_that_may_not_be_dialled_is_found():
    assert [fault.path for fault in faults(script("a", a=Transfer("100&SIP/evil")))] == ["nodes.a.extension"]


@given(scripts(missing=True), st.sampled_from(["nowhere", "n9"]))
def test_a_planted_target_is_always_found(made, target):
    planted = Script("n0", {**made.nodes, "n0": Say((), target)}, made.silent_limit_seconds)
    assert any(fault.path == "nodes.n0.next" for fault in faults(planted))


@given(sound_scripts())
def test_a_script_that_only_leads_back_from_questions_that_are_heard_has_no_faults(made):
    assert faults(made) == []


@given(sound_scripts(), HISTORIES)
def test_a_script_without_faults_never_leads_out_of_its_nodes(made, history):
    for moment in lived(reserved(made).plan, history):
        assert moment.after.position is None or moment.after.position.node in made.nodes


@given(scripts())
def test_a_script_without_deaf_circles_comes_to_an_end_or_a_question_by_itself(made):
    if any(fault.message == CIRCLE for fault in faults(made)):
        return
    call = picked_up(made)
    for _ in made.nodes:
        node = None if call.position is None else made.nodes[call.position.node]
        match node:
            case Say():
                call = tell(call, heard(call.turn))
            case Record():
                call = heard_out(call)
            case Request():
                call = tell(call, silence(call.turn))
            case _:
                break
    assert call.position is None or isinstance(made.nodes[call.position.node], Ask | Listen | Assist)


def test_a_circle_is_found_whatever_a_service_answers_and_whatever_is_said_into_a_recording():
    asked = Request("crm", "result", None, "b")
    assert [fault.path for fault in faults(script("a", a=asked, b=say("b", "a")))] == ["nodes.a", "nodes.b"]
    assert [fault.path for fault in faults(script("a", a=Record("q", (), "a")))] == ["nodes.a"]


def test_both_ways_on_from_a_service_are_looked_at():
    asked = Request("crm", "result", "x", "y")
    assert [fault.path for fault in faults(script("a", a=asked))] == ["nodes.a.next", "nodes.a.otherwise"]


def heard_out(call: Call) -> Call:
    """The call after a recording into which nothing is typed."""
    at = call.position
    while call.position is not None and at is not None and call.position.node == at.node:
        call = tell(call, silence(call.turn))
    return call
