"""The switch that places calls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from typing import Protocol

from outdial.core.commands import SwitchCommand
from outdial.core.events import NetworkEvent
from outdial.core.extension import ExtensionState
from outdial.core.ids import Channel


class SwitchDown(Exception):
    """The switch cannot be reached; nothing was done."""


class Telephony(Protocol):
    """A switch: carries out commands and reports what happened.

    Every `Dial` leads to exactly one `HungUp` of its channel, also when the dial is refused at once. Events of one
    channel come in their order. A command for a channel that is gone changes nothing. Channel ids are the house's;
    dialling an id that stands already places no second call.

    `Classify` is for a leg that has been answered and on which nothing is being played or recorded. Each is answered
    by one `Classified` of its turn, unless the leg ends first; its cause is Asterisk's word for why, such as `MAXWORDS`.
    When nobody can tell, or the verdict was lost on its way, it is NOT_SURE. Until then nothing can be played
    (`PromptFailed`) nor recorded on that leg, which can be hung up and hangs up as always.

    `Record` begins when what was given to play before is over, and what is given to play afterwards waits for its end:
    `StopRecording` of its turn, its longest time, or the end of the leg. While the leg stands each is answered by one
    `Recorded` of its turn, whose file is whole. There is no file, and no path, when no sound came. When the leg ends
    first the file is put in its place all the same, and no event follows `HungUp`.

    `RecordTalk` is for two legs after their `Join`. The file has the voices of both, and is put in its place when one
    of them is gone; nothing is announced. Folders of files are made where they are missing, a file that is there is
    replaced, and a file under its own name is always whole.

    `RecordCall` is for a leg that has been answered; what is played, recorded, listened for and joined there goes on.
    The file has what the far end said and what it heard, and is put in its place when the leg is gone; nothing is announced.

    `Listen` is for a leg that has been answered; it may come before, while or after something is played or recorded there,
    and what is played goes on. `SpeechBegan` of its turn comes once, before its one `Heard`; who had begun to speak a moment
    before is heard, too. Another `Listen` takes its place, `StopListening` of its turn and a `Join` end it, and neither
    is answered then. Keys are told as always. Where nobody can be listened to, or the switch loses the sound, nothing comes:
    who waits for an answer keeps a timer.
    """

    async def run(self) -> None:
        """Keep in touch with the switch for as long as this runs: exactly while this process is in charge of dialling.

        Calls that stand when it ends stay where they are.
        """

    async def perform(self, command: SwitchCommand) -> None:
        """Do it, or arrange for it; what comes of it is an event. Raises `SwitchDown` when the switch is away."""

    def events(self) -> AsyncIterator[NetworkEvent]:
        """Everything that happens to our channels, from now on. One reader."""

    async def standing(self) -> Mapping[Channel, bool]:
        """Our channels that exist at the switch; True for those whose far end has picked up."""

    async def extension_states(self, extensions: Collection[str]) -> Mapping[str, ExtensionState]:
        """What the switch says of these extensions now; UNKNOWN for one that it does not have. Raises `SwitchDown`."""

    @property
    def ready(self) -> bool:
        """Whether calls can be placed now. It turns true again by itself when the switch is back."""
