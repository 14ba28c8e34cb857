"""The nodes of a script, one dataclass each. A node names the next one by its key in `Script.nodes`.

A `next` of None ends the dialogue: the call is hung up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from outdial.core.prompt import Prompt
from outdial.core.script.deciding import Branch
from outdial.core.script.listening_nodes import Assist, Listen, Set
from outdial.core.script.web_form import WebForm
from outdial.core.template import Template

DEFAULT_ASK_SECONDS = 5.0
DEFAULT_PLAYS = 3
DEFAULT_CONNECT_RING_SECONDS = 60.0
DEFAULT_RECORD_SECONDS = 10.0

COMPLETED = "completed"
"""The goal of a dialogue that went to its end. A contact whose call reached it is not called again."""


@dataclass(frozen=True, slots=True)
class Say:
    """Play a prompt to its end. Keys pressed meanwhile are not heard. A prompt that cannot be made is passed over."""

    prompt: Prompt
    next: str | None


@dataclass(frozen=True, slots=True)
class Choice:
    """What the callee may enter at a question, and where it leads."""

    keys: str
    """One or more of `0-9*#`."""
    record: str | None
    """The value recorded as the answer at the press; None records nothing."""
    next: str | None
    label: str = ""
    """What the answer is called where it is repeated to the callee."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Play a prompt, which a key press cuts short, and wait for one of the choices.

    Silence takes `default_keys`, when given, as if they had been pressed; otherwise silence or a wrong entry plays the
    prompt again, `plays` times in all, and then the dialogue goes to `exhausted`.
    An empty prompt with `default_keys` takes them at once.
    """

    name: str
    """The question's name beside its answers."""
    prompt: Prompt
    choices: tuple[Choice, ...]
    wait_seconds: float = DEFAULT_ASK_SECONDS
    plays: int = DEFAULT_PLAYS
    default_keys: str = ""
    exhausted: str | None = None

    def choice(self, keys: str) -> Choice | None:
        """The choice that these keys make; no keys make none."""
        return next((choice for choice in self.choices if keys and choice.keys == keys), None)

    @property
    def taken_unheard(self) -> Choice | None:
        """The choice that is taken at once, without asking the callee."""
        return None if self.prompt else self.choice(self.default_keys)


@dataclass(frozen=True, slots=True)
class Record:
    """Play a prompt, which a key press cuts short, then keep what the callee says in a file and the keys pressed meanwhile.

    It is over when nothing was pressed for `wait_seconds`, at `#`, and at `MOST_RECORDED_KEYS` keys. Then the keys are
    recorded as the answer, with the file's path in the place of what was pressed. A prompt that cannot be made is passed
    over. A callee who hangs up meanwhile gave no answer; the file stays.
    """

    name: str
    """The name beside the answer."""
    prompt: Prompt
    next: str | None
    wait_seconds: float = DEFAULT_RECORD_SECONDS
    without_keys: str = ""
    """What is recorded as the answer when nothing was pressed."""
    label: str = ""
    """What the answer is called where it is repeated to the callee."""


MOST_RECORDED_KEYS = 20
RECORD_END_KEY = "#"


@dataclass(frozen=True, slots=True)
class Request:
    """Ask a service outside about the call while the callee waits, and put what it says into variables of the dialogue."""

    service: str
    """The name under which the house knows the service."""
    into: str
    """The variable that prompts from here on may use; it hides one of the contact's by the same name."""
    next: str | None
    otherwise: str | None
    """Where the dialogue goes on when the service gave no answer."""
    form: WebForm | None = None
    """What the service WEB is to ask, and into which variables the answer goes, in the place of `into`."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Note that the dialogue reached something worth counting."""

    name: str
    next: str | None


@dataclass(frozen=True, slots=True)
class Transfer:
    """Ring an extension and join it with the callee; the script ends there."""

    extension: str
    outside: bool = False
    """Whether it is a number of the outside world, which is rung through a trunk."""


@dataclass(frozen=True, slots=True)
class Connect:
    """Find somebody free at `target` and join them with the callee; the script ends there.

    Being joined is the goal COMPLETED. With nobody free, or nobody in time, the callee is hung up.
    """

    target: str
    """An extension or a queue; empty: whoever serves the campaign."""
    first: bool = False
    """Whether the extension is rung before the callee. It must be the script's first node then."""
    alert: Prompt = ()
    """Said to whoever was rung first and has answered."""
    confirm_key: str = ""
    """The key by which they have the callee rung after the alert; empty: none is asked for."""
    ring_seconds: float = DEFAULT_CONNECT_RING_SECONDS
    """How long an extension is rung."""
    wait_seconds: float = 0.0
    """How long an answered callee waits for somebody who is free and answers; 0: somebody must be free at once."""
    keep_seeking: bool = False
    """Whether somebody else is sought, in the time that is left, when an extension does not answer."""
    hold: Prompt = ()
    """What the callee hears again and again while waiting; empty: a ringing tone."""
    farewell: Prompt = ()
    """What a callee hears before being hung up because nobody came; empty: nothing."""


@dataclass(frozen=True, slots=True)
class Sms:
    """Have an SMS sent to the callee; the dialogue goes on at once."""

    name: str
    """A call sends one of each name, however often it comes by: copies of a step have the name of the first."""
    message: Template
    next: str | None


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call."""


Node = Say | Ask | Record | Request | Goal | Set | Branch | Listen | Assist | Transfer | Connect | Sms | HangUp


@dataclass(frozen=True, slots=True)
class Script:
    """A dialogue: named nodes and where it starts.

    `silent_limit_seconds` ends a call whose callee has given no answer that long after picking up; None: no limit.
    `transcript`: what is said in it, by either side, is written down turn by turn.
    `recorded`: it is kept as a sound, from its beginning to the end of the call.
    """

    start: str
    nodes: Mapping[str, Node]
    silent_limit_seconds: float | None = None
    unanswered: Template | None = None
    """The SMS that follows the last attempt when the callee never answered."""
    transcript: bool = False
    recorded: bool = False

    @property
    def connect(self) -> Connect | None:
        """The node that needs somebody for every call, before or right after its answer; None when the callee is spoken to
        first."""
        first = self.nodes.get(self.start)
        return first if isinstance(first, Connect) else None

    @property
    def opening(self) -> Node | None:
        """The first node that takes time: what a callee hears, or is waited for by, right after the answer."""
        key: str | None = self.start
        for _ in self.nodes:
            node = None if key is None else self.nodes.get(key)
            if not isinstance(node, Goal | Set | Sms):
                return node
            key = node.next
        return None

    @property
    def has_assistant(self) -> bool:
        """Whether somebody is told what was said."""
        return any(isinstance(node, Assist) for node in self.nodes.values())

    @property
    def outside_numbers(self) -> frozenset[str]:
        """Numbers of the outside world that a callee may be joined with."""
        return frozenset(node.extension for node in self.nodes.values() if isinstance(node, Transfer) and node.outside)

    @property
    def completes_itself(self) -> bool:
        """Whether the dialogue has a place of its own at which it counts as completed. Where it has none, a call is a
        success only by whom the callee was joined with, and how that ended belongs to its result."""
        return any(isinstance(node, Goal) and node.name == COMPLETED for node in self.nodes.values())
