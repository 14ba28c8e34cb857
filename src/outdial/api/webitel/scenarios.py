"""What a dialer's calls do when somebody answers, as a script: find an agent, or play what the vendor's call scenario says.

Of a scenario (`_cf`) playing, speaking and hanging up are understood; its other steps are left out and named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from outdial.core.members import MemberRules, Mode
from outdial.core.prompt import Prompt, Recording, Slot, Text
from outdial.core.script.nodes import COMPLETED, Connect, Goal, HangUp, Node, Say, Script
from outdial.operations.scripts import ScriptDraft

ABANDONED = "abandonedMessage"
"""The member of a dialer with what somebody who got no agent in time hears at the end: steps, as of `_cf`. It is ours."""
_PASSED_OVER = frozenset({"answer", "ringready", "preanswer"})
_BESIDE = frozenset({"break", "tag", "async", "dump", "_id", "id", "limit"})
"""Members of a step that say how it is done, not what."""
_VARIABLE = re.compile(r"\$\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class _Sound:
    """A file that is played."""

    reference: str


def references(document: Mapping[str, Any]) -> set[str]:
    """What a dialer calls the sounds that it plays, in every form that a sound may be known by."""
    steps = [*_steps(document.get("_cf")), *_steps(document.get(ABANDONED))]
    played = [step for step in steps if isinstance(step, _Sound)]
    return {form for one in [*played, *_hold(document)] for form in _forms(one.reference)}


def draft(
    document: Mapping[str, Any],
    rules: MemberRules | None,
    recordings: Mapping[str, str],
    language: str,
    faults: list[str],
) -> ScriptDraft:
    """The script of a dialer. `recordings` are the names of the sounds found for `references`; `faults` is what else of
    the dialer is not understood, which is kept with the script."""
    name = document.get("name")
    made = _script(document, rules, recordings, language)
    steps = [*(_steps(document.get("_cf")) if _speaks(rules) else ()), *_steps(document.get(ABANDONED))]
    left_out = [step for step in steps if isinstance(step, str)]
    warnings = [*faults, *(f'step "{step}" of the scenario is left out' for step in left_out)]
    return ScriptDraft(name if isinstance(name, str) else None, made, {"warnings": warnings})


def _speaks(rules: MemberRules | None) -> bool:
    return rules is not None and rules.mode is Mode.BROADCAST


def _script(
    document: Mapping[str, Any], rules: MemberRules | None, recordings: Mapping[str, str], language: str
) -> Script:
    match None if rules is None else rules.mode:
        case Mode.PROGRESSIVE:
            return Script("connect", {"connect": Connect("", first=True)})
        case Mode.PREDICTIVE:
            assert rules is not None
            hold = tuple(_recording(sound, recordings) for sound in _hold(document))
            farewell = tuple(
                piece for prompt in _prompts(document.get(ABANDONED), recordings, language) for piece in prompt
            )
            connect = Connect("", wait_seconds=rules.locate_seconds, keep_seeking=True, hold=hold, farewell=farewell)
            return Script("connect", {"connect": connect})
        case Mode.BROADCAST:
            return _spoken(document, recordings, language)
        case None:
            return Script("end", {"end": HangUp()})


def _spoken(document: Mapping[str, Any], recordings: Mapping[str, str], language: str) -> Script:
    prompts = _prompts(document.get("_cf"), recordings, language)
    nodes: dict[str, Node] = {
        f"say {place}": Say(prompt, f"say {place + 1}" if place < len(prompts) else "reached")
        for place, prompt in enumerate(prompts, start=1)
    }
    nodes |= {"reached": Goal(COMPLETED, "end"), "end": HangUp()}
    return Script(next(iter(nodes)), nodes)


def _prompts(scenario: object, recordings: Mapping[str, str], language: str) -> list[Prompt]:
    """What a scenario plays and says until it hangs up."""
    prompts: list[Prompt] = []
    for step in _steps(scenario):
        if isinstance(step, HangUp):
            break
        if isinstance(step, _Sound):
            prompts.append((_recording(step, recordings),))
        elif isinstance(step, Mapping):
            prompts.append((_speech(step, language),))
    return prompts


def _steps(scenario: object) -> Iterator[_Sound | Mapping[str, Any] | HangUp | str]:
    """The steps of a scenario: sounds, speech, the end, and the names of those that are not understood."""
    for step in scenario if isinstance(scenario, list) else []:
        if not isinstance(step, dict):
            continue
        for name, value in step.items():
            if name in _BESIDE or name in _PASSED_OVER:
                continue
            match name, value:
                case "playback", _:
                    yield from _played(value)
                case "tts", {"text": str()}:
                    yield value
                case "hangup", _:
                    yield HangUp()
                case _:
                    yield name


def _played(value: object) -> Iterator[_Sound | str]:
    match value:
        case str() if value:
            yield _Sound(value)
        case {"files": list(files)}:
            for one in files:
                yield from _played(one)
        case {"uri": str(reference)} | {"name": str(reference)} if reference:
            yield _Sound(reference)
        case _:
            yield "playback"


def _hold(document: Mapping[str, Any]) -> list[_Sound]:
    """What somebody hears while an agent is sought."""
    amd = document.get("amd")
    for holder in (document, amd if isinstance(amd, dict) else {}):
        if isinstance(holder.get("playbackFile"), dict | str):
            return [one for one in _played(holder["playbackFile"]) if isinstance(one, _Sound)]
    return []


def _forms(reference: str) -> list[str]:
    """A reference as it stands, and the file's name alone, with and without its ending."""
    name = re.split(r"[/\\]", reference)[-1]
    return [reference, name, name.rpartition(".")[0] or name]


def _recording(sound: _Sound, recordings: Mapping[str, str]) -> Recording:
    """A sound that is not there yet keeps its name, and is heard once somebody uploads it."""
    forms = _forms(sound.reference)
    return Recording(next((recordings[form] for form in forms if form in recordings), forms[1]))


def _speech(step: Mapping[str, Any], language: str) -> Text:
    spoken = step.get("language") or step.get("lang")
    pieces = _VARIABLE.split(step["text"])
    parts = [Slot(piece) if place % 2 else piece for place, piece in enumerate(pieces) if piece]
    return Text(tuple(parts), spoken if isinstance(spoken, str) else language)
