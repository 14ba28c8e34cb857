"""What a call asks for. A command is carried out only after the call that asked has been saved.

`Speak` becomes the switch's `Play` once its sounds are made; `Prepare`, `SetTimer`, `RecordAnswer`, `SendSms`, `NoteTurn`,
`SeekExtension`, `ReleaseExtension`, `Consult`, `AskAssistant` and `DismissAssistant` stay in the house; the others go to the
switch as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from outdial.core.amd import Amd
from outdial.core.assistant import Brief, Speaker
from outdial.core.events import Timer
from outdial.core.extension import Connection
from outdial.core.ids import Channel
from outdial.core.prompt import Filled
from outdial.core.sms import Asked
from outdial.core.web_request import WebQuestion


@dataclass(frozen=True, slots=True)
class Dial:
    """Ring a number. `trunk` is the trunk's name at the switch, empty for an extension of the switch itself."""

    channel: Channel
    trunk: str
    number: str
    """Digits, `*`, `#` and a leading `+` only."""
    caller: str
    ring_seconds: float
    """How long the switch may ring before it gives up by itself; the call's own ring timer is shorter."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A telephony wav file and its length."""

    path: Path
    seconds: float


@dataclass(frozen=True, slots=True)
class Play:
    """Play sounds one after another; answered by `PromptEnded` or `PromptFailed` of the same turn."""

    channel: Channel
    turn: int
    sounds: tuple[Sound, ...]


@dataclass(frozen=True, slots=True)
class StopPlaying:
    """Stop what this turn plays, at once. It may still be answered by `PromptEnded`."""

    channel: Channel
    turn: int


@dataclass(frozen=True, slots=True)
class Ringback:
    """Let an answered leg hear that another one is being rung."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class Join:
    """Let two answered legs hear each other."""

    first: Channel
    second: Channel

    @property
    def channel(self) -> Channel:
        """The leg that the joint belongs to."""
        return self.first


@dataclass(frozen=True, slots=True)
class Classify:
    """Listen whether a human or a machine picked up; answered by `Classified` of the same turn."""

    channel: Channel
    turn: int
    amd: Amd


@dataclass(frozen=True, slots=True)
class Record:
    """Keep what a leg says in a telephony wav file, until `StopRecording` of the same turn or the leg's end; answered by
    `Recorded` while the leg stands. The file is there, whole, when it is answered or soon after the leg's end."""

    channel: Channel
    turn: int
    path: Path
    longest_seconds: float


@dataclass(frozen=True, slots=True)
class StopRecording:
    """What this turn records is enough."""

    channel: Channel
    turn: int


@dataclass(frozen=True, slots=True)
class RecordTalk:
    """Keep what two joined legs say to each other, mixed, in a telephony wav file, until one of them is gone. The file is
    there, whole, soon after that; it is not answered."""

    first: Channel
    second: Channel
    path: Path

    @property
    def channel(self) -> Channel:
        """The leg that the joint belongs to."""
        return self.first


@dataclass(frozen=True, slots=True)
class RecordCall:
    """Keep what a leg that has been answered says and hears from now on, mixed, in a telephony wav file, until it is gone.
    The file is there, whole, soon after that; it is not answered."""

    channel: Channel
    path: Path


@dataclass(frozen=True, slots=True)
class Listen:
    """Hear what a leg says from now on, also while something is played to it. `SpeechBegan` of the same turn tells that
    somebody speaks, and one `Heard` what was said, once they have been silent for `pause_seconds`. Whoever says nothing
    leaves it unanswered until `StopListening`, another `Listen` or the leg's end."""

    channel: Channel
    turn: int
    language: str
    """A code such as ru-RU."""
    expected: tuple[str, ...] = ()
    """Words and phrases that are worth hearing, in lower case; empty: anything."""
    pause_seconds: float = 0.5
    longest_seconds: float = 15.0
    """An utterance that lasts longer is taken as it is by then."""
    besides: bool = False
    """Anything besides what is expected is worth hearing too."""


@dataclass(frozen=True, slots=True)
class StopListening:
    """What is said from now on does not matter; `Heard` of that turn may still be on its way."""

    channel: Channel
    turn: int


@dataclass(frozen=True, slots=True)
class HangUp:
    """End a leg, whatever state it is in; a leg that is gone already is no error."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class Speak:
    """Make the sounds of a prompt and play them."""

    channel: Channel
    turn: int
    prompt: Filled


@dataclass(frozen=True, slots=True)
class Prepare:
    """Make the sounds of a prompt that is going to be spoken soon; it is not answered."""

    channel: Channel
    prompt: Filled


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Announce `TimerElapsed` of this turn after so many seconds; replaces a running timer of the same kind."""

    channel: Channel
    timer: Timer
    turn: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """Keep an answer, in the same write as the call itself."""

    channel: Channel
    question: str
    value: str
    keys: str
    """What was pressed; of an answer that was spoken, the path of its recording, empty when none was kept."""
    label: str = ""
    """What the answer is called where it is repeated to the callee."""


@dataclass(frozen=True, slots=True)
class SendSms:
    """Have an SMS sent to the callee; it is kept in the same write as the call itself."""

    channel: Channel
    asked: Asked


@dataclass(frozen=True, slots=True)
class NoteTurn:
    """Write down a turn of the talk, in the same write as the call itself."""

    channel: Channel
    position: int
    """Turns of a call are counted from 1."""
    who: Speaker
    text: str
    block: str
    """The key of the script's node."""
    turn: int = 0
    """The turn in which what we said began; 0: the callee said it."""
    keys: str = ""
    """What the callee pressed."""
    confidence: float | None = None
    """How sure it is that the callee said this; None: nothing was heard."""
    alternatives: tuple[str, ...] = ()
    interrupted: bool = False
    """Whether the callee heard only a part of what we said."""


@dataclass(frozen=True, slots=True)
class SeekExtension:
    """Find a free extension at `target` and keep it for this call; answered by `ExtensionFound`, as soon as somebody is
    free within `wait_seconds`, or by `NobodyFree`. An empty target is whoever serves the campaign."""

    channel: Channel
    turn: int
    target: str
    wait_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ReleaseExtension:
    """The extension that was found for this call is not needed any more: it came so far."""

    channel: Channel
    extension: str
    came_to: Connection


@dataclass(frozen=True, slots=True)
class Consult:
    """Ask a service outside about this call; answered by `Consulted` of the same turn."""

    channel: Channel
    turn: int
    service: str
    """The name under which the house knows the service; WEB for whoever asks the `question` on the web."""
    question: WebQuestion | None = None


WEB = "web"


@dataclass(frozen=True, slots=True)
class AskAssistant:
    """Hand a turn to the assistant; answered by `AssistantSaid` for each sentence, as it comes, and one `AssistantDone` of
    the same turn. Another question of the same leg, its dismissal, or its end, ends this one unanswered."""

    channel: Channel
    turn: int
    brief: Brief


@dataclass(frozen=True, slots=True)
class DismissAssistant:
    """Nobody waits any more for what the assistant still has to say to this leg."""

    channel: Channel


SwitchCommand = (
    Dial
    | Play
    | StopPlaying
    | Ringback
    | Join
    | Classify
    | Record
    | StopRecording
    | RecordTalk
    | RecordCall
    | Listen
    | StopListening
    | HangUp
)
CallCommand = (
    Dial
    | Speak
    | Prepare
    | StopPlaying
    | Ringback
    | Join
    | Classify
    | Record
    | StopRecording
    | RecordTalk
    | RecordCall
    | Listen
    | StopListening
    | HangUp
    | SetTimer
    | RecordAnswer
    | SendSms
    | NoteTurn
    | SeekExtension
    | ReleaseExtension
    | Consult
    | AskAssistant
    | DismissAssistant
)
