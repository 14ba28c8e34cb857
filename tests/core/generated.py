"""Generated scripts, spoilt documents, and histories of a call that mostly fit what the call is doing.

A history is a list of plain symbols; `live` turns each into an event that refers to the call as it then is (its turn,
its choices), so that a generated history goes deep and still shrinks to something that can be read.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from core.stories import ATTEMPT, CALLEE, EXTENSION, RING_SECONDS
from outdial.core.amd import Amd, Verdict
from outdial.core.call import Call, Plan, State, Way, step
from outdial.core.commands import CallCommand
from outdial.core.events import (
    Answered,
    AssistantDone,
    AssistantSaid,
    CallEvent,
    Classified,
    Consulted,
    CutOff,
    ExtensionFound,
    Heard,
    HungUp,
    KeyPressed,
    NobodyFree,
    Placed,
    PromptEnded,
    PromptFailed,
    Recorded,
    Resumed,
    Ringing,
    SpeechBegan,
    Timer,
    TimerElapsed,
)
from outdial.core.intents import Intent, Meaning
from outdial.core.prompt import Kind, Prompt, Recording, Slot, Text
from outdial.core.script.deciding import Branch, Case, Compared, Comparison, Known, Reached
from outdial.core.script.listening_nodes import Assist, Hears, Listen, Set
from outdial.core.script.listening_nodes import Way as Course
from outdial.core.script.nodes import Ask, Choice, Connect, Goal, HangUp, Node, Record, Request, Say, Script, Transfer
from outdial.core.script.web_form import Body, WebForm

_NAMES = st.sampled_from(["", "a", "b", "ж", "<a>", "{0}", "%s ", "${b}"])
_KEYS = st.sampled_from(["1", "2", "12", "123", "*", "#1", "0"])

_KEYS_OF_NODES = ("n0", "n1", "n2", "n3", "n4")
_COUNTS = st.integers(1, len(_KEYS_OF_NODES))
_LIMITS = st.none() | st.sampled_from([0.0, 30.0, 120.0])
_ENDS = st.sampled_from(
    [
        HangUp(),
        Transfer("100"),
        Transfer("74950000012", outside=True),
        Connect("100"),
        Say((), None),
        Goal("done", None),
    ]
)

_slots = st.builds(Slot, _NAMES, st.sampled_from(Kind), st.text(max_size=5), st.integers(0, 9))
_texts = st.builds(
    Text,
    st.lists(_NAMES | _slots, max_size=3).map(tuple),
    st.sampled_from(["ru-RU", "en-US"]),
    st.sampled_from(["", "alena"]),
)
_pieces = _texts | st.builds(Recording, _NAMES)
PROMPTS: st.SearchStrategy[Prompt] = st.lists(_pieces, max_size=2).map(tuple)
_SECONDS = st.sampled_from([0.0, 1.5, 5.0, 30.0])


def connects(*, first: bool) -> st.SearchStrategy[Connect]:
    """Any node that connects."""
    return st.builds(
        Connect,
        st.sampled_from(["", "100", "queue"]),
        st.just(first),
        alert=PROMPTS,
        confirm_key=st.sampled_from(["", "1"]),
        ring_seconds=st.sampled_from([5.0, 60.0]),
        wait_seconds=st.sampled_from([0.0, 10.0]),
        keep_seeking=st.booleans(),
        hold=PROMPTS,
        farewell=PROMPTS,
    )


_INTENTS = st.builds(
    Intent,
    st.sampled_from(Meaning),
    st.lists(st.sampled_from(["хочу", "call back", ""]), max_size=2).map(tuple),
    st.integers(0, 3),
    st.integers(3, 200),
)
_templates = st.lists(st.sampled_from(["x", "5", "{"]) | st.builds(Slot, _NAMES), max_size=3).map(tuple)
_CONDITIONS = (
    st.builds(Compared, _NAMES, st.sampled_from(Comparison), _templates)
    | st.builds(Known, _NAMES, st.booleans())
    | st.builds(Reached, _NAMES, st.booleans())
)
_CONFIDENCES = st.sampled_from([0.0, 0.5])
_FORMS = st.builds(
    WebForm,
    url=_templates,
    method=st.sampled_from(["GET", "POST"]),
    headers=st.dictionaries(st.sampled_from(["X-A", "Content-Type"]), _templates),
    body=_templates,
    body_form=st.sampled_from(Body),
    into=st.dictionaries(_NAMES, _NAMES),
    seconds=_SECONDS,
)


def listens(
    target: st.SearchStrategy[str | None], prompts: st.SearchStrategy[Prompt], otherwise: st.SearchStrategy[str | None]
) -> st.SearchStrategy[Listen]:
    """Any question that hears speech and keys."""
    answer = st.builds(Hears, _INTENTS, target, st.sampled_from(["", "a", "b"]), _NAMES, st.just("") | _KEYS)
    return st.builds(
        Listen,
        name=_NAMES,
        prompt=prompts,
        answers=st.lists(answer, max_size=3).map(tuple),
        language=st.sampled_from(["ru-RU", "en-US"]),
        wait_seconds=_SECONDS,
        tries=st.integers(0, 3),
        barge_in=st.booleans(),
        unmatched=PROMPTS,
        silence=PROMPTS,
        otherwise=otherwise,
        least_confidence=_CONFIDENCES,
    )


def assists(targets: st.SearchStrategy[str], otherwise: st.SearchStrategy[str | None]) -> st.SearchStrategy[Assist]:
    """Any talk with the assistant."""
    way = st.builds(Course, targets, _NAMES, st.just("") | st.sampled_from(["0", "1"]))
    return st.builds(
        Assist,
        name=_NAMES,
        instructions=_templates,
        ways=st.lists(way, max_size=2).map(tuple),
        otherwise=otherwise,
        language=st.just("ru-RU"),
        barge_in=st.booleans(),
        wait_seconds=_SECONDS,
        tries=st.integers(0, 2),
        most_turns=st.integers(0, 3),
    )


@cache
def nodes(targets: tuple[str, ...]) -> st.SearchStrategy[Node]:
    """Any node whose targets are among these, or none."""
    target = st.none() | st.sampled_from(targets)
    choice = st.builds(Choice, _KEYS, st.none() | _NAMES, target, _NAMES)
    return st.one_of(
        st.builds(Say, PROMPTS, target),
        st.builds(
            Ask,
            name=_NAMES,
            prompt=PROMPTS,
            choices=st.lists(choice, max_size=4).map(tuple),
            wait_seconds=_SECONDS,
            plays=st.integers(0, 4),
            default_keys=st.just("") | _KEYS,
            exhausted=target,
        ),
        listens(target, PROMPTS, target),
        assists(st.sampled_from(targets), target),
        st.builds(Set, st.dictionaries(st.sampled_from(["a", "b"]), _templates, max_size=2), target),
        st.builds(
            Branch,
            st.lists(st.builds(Case, st.lists(_CONDITIONS, max_size=2).map(tuple), target), max_size=2).map(tuple),
            target,
        ),
        st.builds(Record, _NAMES, PROMPTS, target, _SECONDS, _NAMES, _NAMES),
        st.builds(Request, _NAMES, st.sampled_from(["a", "result"]), target, target, st.none() | _FORMS),
        st.builds(Goal, _NAMES, target),
        st.just(Transfer("100")),
        connects(first=False),
        st.sampled_from([HangUp(), Transfer("*8"), Transfer(""), Transfer("100&SIP/evil")]),
    )


@st.composite
def scripts(draw: st.DrawFn, missing: bool = False) -> Script:
    """Any script inside its own nodes, with circles and with nodes nobody reaches. `missing` adds bad targets."""
    keys = _KEYS_OF_NODES[: draw(_COUNTS)]
    targets = (*keys, "nowhere") if missing else keys
    made = {key: draw(nodes(targets)) for key in keys}
    return Script(targets[draw(_COUNTS) % len(targets)], made, draw(_LIMITS), draw(st.booleans()))


_DETOURS = st.lists(st.just(Way("other", "79990000000", "")), max_size=2).map(tuple)
_AMD = st.none() | st.builds(Amd, allow_not_sure=st.booleans())


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Any plan of a call: with any script, or one that rings somebody before the callee."""
    first = connects(first=True).map(lambda node: Script("n0", {"n0": node}))
    script = draw(scripts() | first)
    return Plan(
        "carrier",
        "79990000000",
        "74951234567",
        RING_SECONDS,
        script,
        {"a": "12", "ж": "<a>{0}%s"},
        detours=draw(_DETOURS),
        amd=draw(_AMD),
        record=draw(st.booleans()),
        recordings="recordings",
    )


@cache
def _passing(keys: tuple[str, ...], after: str) -> st.SearchStrategy[Node]:
    """Any node that leads on to `after`, or back from a question that is heard."""
    onward = st.just(after)
    choice = st.builds(Choice, _KEYS, st.none() | _NAMES, st.sampled_from(keys))
    return st.one_of(
        st.builds(Say, PROMPTS, onward),
        st.builds(Record, _NAMES, PROMPTS, onward, _SECONDS),
        st.builds(Request, _NAMES, _NAMES, onward, onward),
        st.builds(Goal, _NAMES, onward),
        st.builds(Set, st.dictionaries(_NAMES, _templates, max_size=2), onward),
        st.builds(Branch, st.just(()), onward),
        listens(st.sampled_from(keys), _pieces.map(lambda piece: (piece,)), onward),
        assists(st.sampled_from(keys), onward),
        st.builds(
            Ask,
            name=_NAMES,
            prompt=_pieces.map(lambda piece: (piece,)),
            choices=st.lists(choice, max_size=3).map(tuple),
            default_keys=st.just("") | _KEYS,
            exhausted=onward,
        ),
    )


@st.composite
def sound_scripts(draw: st.DrawFn) -> Script:
    """A script without faults: only a question that is heard leads back, and every node is led to."""
    keys = _KEYS_OF_NODES[: draw(_COUNTS)]
    made = {key: draw(_passing(keys, after)) for key, after in pairwise(keys)}
    return Script(keys[0], {**made, keys[-1]: draw(_ENDS)}, draw(_LIMITS))


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([10**400, -(10**400)])
)
JSON: st.SearchStrategy[Any] = st.deferred(
    lambda: _SCALARS | st.lists(JSON, max_size=3) | st.dictionaries(st.text(max_size=5), JSON, max_size=3)
)


@st.composite
def spoilt(draw: st.DrawFn, document: object) -> object:
    """A document in which one value is missing or is something else."""
    made = copy.deepcopy(document)
    at = draw(st.sampled_from(_places(made)))
    holder: Any = made
    for part in at[:-1]:
        holder = holder[part]
    if isinstance(holder, list) or draw(st.booleans()):
        holder[at[-1]] = draw(JSON)
    else:
        del holder[at[-1]]
    return made


def _places(value: object, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to every value inside a document."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for part, inner in inside:
        found += [(*at, part), *_places(inner, (*at, part))]
    return found


@dataclass(frozen=True)
class Symbol:
    """What kind of event happens, and which of its kind."""

    what: str
    which: int


_KINDS = (
    *("onward", "onward", "onward", "key", "key", "prompt ended", "turn", "second answered", "timer", "failed"),
    *("placed", "ringing", "answered", "resumed", "found", "nobody", "classified", "recorded", "consulted"),
    *("began", "heard", "heard", "sentence", "sentence", "said all"),
)
_RARE = ("gone", "second gone", "lost", "cut off")

SYMBOLS = st.builds(Symbol, st.sampled_from(_KINDS + _RARE), st.integers(0, 11))
_ONWARD = st.integers(0, 8).map(lambda count: [Symbol("onward", which % 5) for which in range(count)])
HISTORIES = st.builds(
    list.__add__,
    _ONWARD,
    st.lists(st.builds(Symbol, st.sampled_from(_KINDS), st.integers(0, 11)) | SYMBOLS, max_size=20),
)


def live(call: Call, symbol: Symbol) -> CallEvent:
    """The event that a symbol means for a call as it is now; every third answer to a turn is late or early."""
    which = symbol.which
    turn = max(0, call.turn + (0, 0, -1, 0, 0, 1)[which % 6])
    position = call.position
    match symbol.what:
        case "onward":
            return _onward(call, which)
        case "placed":
            return Placed(CALLEE)
        case "cut off":
            return CutOff(CALLEE)
        case "ringing":
            return Ringing(EXTENSION if which == 0 else CALLEE)
        case "answered":
            return Answered(CALLEE)
        case "second answered":
            return Answered(EXTENSION)
        case "found":
            return ExtensionFound(CALLEE, turn, ("100", "101", "100&SIP/evil")[which % 3])
        case "nobody":
            return NobodyFree(CALLEE, turn)
        case "classified":
            return Classified(CALLEE, turn, list(Verdict)[which % 3], "cause", 2.0)
        case "prompt ended":
            return PromptEnded(EXTENSION if which == 11 else CALLEE, turn)
        case "failed":
            return PromptFailed(EXTENSION if which == 11 else CALLEE, turn, "no voice")
        case "recorded":
            running = turn if call.position is None else call.position.recording
            return Recorded(CALLEE, running if which % 3 else turn, Path("/kept.wav") if which % 2 else None)
        case "consulted":
            return Consulted(CALLEE, turn, "12" if which % 2 else None, {"a": "1", "b": "2"} if which % 3 else {})
        case "began":
            return SpeechBegan(CALLEE, turn if position is None or which == 11 else position.talk.listening)
        case "heard":
            words = ("да", "", "хочу", "25", "завтра", "нет", "call back", " ", "мяу", "двадцать", "ж", "no")[which]
            return Heard(CALLEE, turn if position is None else position.talk.listening, words, which / 11, ("да",))
        case "sentence":
            return AssistantSaid(
                CALLEE, turn if position is None else position.talk.answering.asked, "Да. "[: which % 5]
            )
        case "said all":
            ways = _ways(call)
            block = ways[which % len(ways)] if ways and which % 2 else ("", "nowhere")[which % 7 == 6]
            fault = "away" if which == 10 else ""
            return AssistantDone(CALLEE, turn if position is None else position.talk.answering.asked, block, fault)
        case "key":
            return KeyPressed(EXTENSION if which == 11 else CALLEE, _key(call, which))
        case "turn":
            return TimerElapsed(CALLEE, Timer.TURN, turn)
        case "timer":
            return TimerElapsed(CALLEE, list(Timer)[which % len(Timer)], turn)
        case "resumed":
            return Resumed(CALLEE, up=which < 9)
        case "gone":
            return HungUp(CALLEE, (0, 486, 404, 503)[which % 4], (0, 16, 17)[which % 3])
        case "second gone":
            return HungUp(EXTENSION)
        case _:
            return HungUp(CALLEE if which < 8 else EXTENSION, lost=True)


def _onward(call: Call, which: int) -> CallEvent:
    """What brings a call on from where it stands, when all goes well."""
    match call.state:
        case State.RESERVED:
            return Placed(CALLEE)
        case State.DIALLING | State.RINGING:
            return Answered(CALLEE)
        case State.TRANSFERRING | State.RINGING_FIRST:
            return Answered(EXTENSION)
        case State.SEEKING | State.SEEKING_FIRST:
            return ExtensionFound(CALLEE, call.turn, "100")
        case State.CLASSIFYING:
            return Classified(CALLEE, call.turn, Verdict.HUMAN, "cause", 2.0)
        case State.CONFIRMING:
            return KeyPressed(EXTENSION, "1") if which % 2 else PromptEnded(EXTENSION, call.turn)
        case State.IN_SCRIPT if which % 2:
            return KeyPressed(CALLEE, _key(call, which))
        case _:
            return PromptEnded(CALLEE, call.turn)


def _ways(call: Call) -> list[str]:
    """Where the assistant may lead the dialogue."""
    node = None if call.position is None else call.plan.script.nodes[call.position.node]
    return [way.to for way in node.ways] if isinstance(node, Assist) else []


def _key(call: Call, which: int) -> str:
    """Often the next key of some choice of the question at hand."""
    node = None if call.position is None else call.plan.script.nodes[call.position.node]
    listed = node.choices if isinstance(node, Ask) else node.answers if isinstance(node, Listen) else ()
    keys = listed[which % len(listed)].keys if listed and which < 8 else ""
    if keys and call.position is not None:
        return keys[min(len(call.position.keys), len(keys) - 1)]
    return "0123456789*#ABCD"[which]


@dataclass(frozen=True)
class Moment:
    """One step of a call: before, what it heard, after, what it asked."""

    before: Call
    event: CallEvent
    after: Call
    asked: list[CallCommand]


def lived(plan: Plan, history: Sequence[Symbol]) -> Iterator[Moment]:
    """Every step of a call that lives through a history."""
    call = Call(ATTEMPT, plan)
    for symbol in history:
        event = live(call, symbol)
        after, asked = step(call, event)
        yield Moment(call, event, after, asked)
        call = after


def at_its_end(plan: Plan, history: Sequence[Symbol]) -> Call:
    """The call that a history leads to."""
    call = Call(ATTEMPT, plan)
    for moment in lived(plan, history):
        call = moment.after
    return call
