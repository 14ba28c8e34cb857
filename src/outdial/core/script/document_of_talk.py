"""The stored form of the nodes at which the callee talks and of those that decide: `node_to` and NODES are each other's
inverse, as are `form_to` and `form_from`."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar, assert_never

from outdial.core.errors import Malformed
from outdial.core.intents import Intent, Meaning
from outdial.core.intents.numbers import LARGEST
from outdial.core.script.deciding import Branch, Case, Compared, Comparison, Condition, Known, Reached
from outdial.core.script.fields import Document, Fields, prompt_from, prompt_to, template_from, template_to
from outdial.core.script.listening_nodes import Assist, Hears, Listen, Set, Way
from outdial.core.script.web_form import Body, WebForm
from outdial.core.template import Template

Talk = Set | Branch | Listen | Assist
Word = TypeVar("Word", bound=StrEnum)


def node_to(node: Talk) -> Document:
    """A node as a document."""
    match node:
        case Set():
            values = [{"name": name, "value": template_to(value)} for name, value in node.values.items()]
            return {"node": "set", "values": values, "next": node.next}
        case Branch():
            cases = [{"if": [_condition_to(one) for one in case.conditions], "next": case.next} for case in node.cases]
            return {"node": "branch", "cases": cases, "otherwise": node.otherwise}
        case Listen():
            return {
                "node": "listen",
                "name": node.name,
                "prompt": prompt_to(node.prompt),
                "answers": [_answer_to(answer) for answer in node.answers],
                "language": node.language,
                "wait_seconds": node.wait_seconds,
                "tries": node.tries,
                "barge_in": node.barge_in,
                "unmatched": prompt_to(node.unmatched),
                "silence": prompt_to(node.silence),
                "otherwise": node.otherwise,
                "pause_seconds": node.pause_seconds,
                "longest_seconds": node.longest_seconds,
                "least_confidence": node.least_confidence,
            }
        case Assist():
            return {
                "node": "assist",
                "name": node.name,
                "instructions": template_to(node.instructions),
                "ways": [{"to": way.to, "when": way.when, "keys": way.keys} for way in node.ways],
                "otherwise": node.otherwise,
                "language": node.language,
                "voice": node.voice,
                "barge_in": node.barge_in,
                "wait_seconds": node.wait_seconds,
                "tries": node.tries,
                "most_turns": node.most_turns,
                "most_tokens": node.most_tokens,
                "longest_seconds": node.longest_seconds,
                "first_words_seconds": node.first_words_seconds,
                "pause_seconds": node.pause_seconds,
                "longest_speech_seconds": node.longest_speech_seconds,
            }
        case _:
            assert_never(node)


def form_to(form: WebForm) -> Document:
    """A question to the web as a document."""
    return {
        "url": template_to(form.url),
        "method": form.method,
        "headers": [{"name": name, "value": template_to(value)} for name, value in form.headers.items()],
        "body": template_to(form.body),
        "body_form": form.body_form.value,
        "into": [{"name": name, "path": path} for name, path in form.into.items()],
        "seconds": form.seconds,
    }


def form_from(fields: Fields) -> WebForm:
    """The question to the web that a document describes."""
    return WebForm(
        url=template_from(fields, "url"),
        method=fields.get("method", str),
        headers=dict(fields.each("headers", _value_from)),
        body=template_from(fields, "body"),
        body_form=_word(fields, "body_form", Body),
        into=dict(fields.each("into", lambda one: (one.get("name", str), one.get("path", str)))),
        seconds=fields.seconds("seconds", 0.0),
    )


def _answer_to(answer: Hears) -> Document:
    return {
        "means": answer.intent.meaning.value,
        "phrases": list(answer.intent.phrases),
        "least": answer.intent.least,
        "most": answer.intent.most,
        "next": answer.next,
        "into": answer.into,
        "value": answer.value,
        "keys": answer.keys,
    }


def _answer_from(fields: Fields) -> Hears:
    phrases = fields.get("phrases", list, [])
    if not all(isinstance(phrase, str) for phrase in phrases):
        raise Malformed(f"{fields.at('phrases')}: texts are wanted", field=fields.at("phrases"))
    least, most = fields.get("least", int, 0), fields.get("most", int, LARGEST)
    return Hears(
        Intent(_word(fields, "means", Meaning), tuple(phrases), least, most),
        fields.target("next"),
        fields.get("into", str, ""),
        fields.get("value", str, ""),
        fields.get("keys", str, ""),
    )


def _condition_to(condition: Condition) -> Document:
    match condition:
        case Compared():
            return {
                "variable": condition.variable,
                "test": condition.test.value,
                "value": template_to(condition.value),
            }
        case Known():
            return {"variable": condition.variable, "known": condition.known}
        case Reached():
            return {"goal": condition.goal, "reached": condition.reached}
        case _:
            assert_never(condition)


def _condition_from(fields: Fields) -> Condition:
    if fields.has("goal"):
        return Reached(fields.get("goal", str), fields.flag("reached"))
    if fields.has("known"):
        return Known(fields.get("variable", str), fields.flag("known"))
    return Compared(fields.get("variable", str), _word(fields, "test", Comparison), template_from(fields, "value"))


def _case_from(fields: Fields) -> Case:
    return Case(fields.each("if", _condition_from), fields.target("next"))


def _value_from(fields: Fields) -> tuple[str, Template]:
    return fields.get("name", str), template_from(fields, "value")


def _listen_from(fields: Fields) -> Listen:
    known = Listen("", (), (), "")
    return Listen(
        name=fields.get("name", str),
        prompt=prompt_from(fields),
        answers=fields.each("answers", _answer_from),
        language=fields.get("language", str),
        wait_seconds=fields.seconds("wait_seconds", known.wait_seconds),
        tries=fields.get("tries", int, known.tries),
        barge_in=fields.flag("barge_in"),
        unmatched=prompt_from(fields, "unmatched", ()),
        silence=prompt_from(fields, "silence", ()),
        otherwise=fields.target("otherwise"),
        pause_seconds=fields.seconds("pause_seconds", known.pause_seconds),
        longest_seconds=fields.seconds("longest_seconds", known.longest_seconds),
        least_confidence=fields.seconds("least_confidence", known.least_confidence),
    )


def _way_from(fields: Fields) -> Way:
    return Way(fields.get("to", str), fields.get("when", str), fields.get("keys", str, ""))


def _assist_from(fields: Fields) -> Assist:
    known = Assist("", (), (), None, "")
    return Assist(
        name=fields.get("name", str),
        instructions=template_from(fields, "instructions"),
        ways=fields.each("ways", _way_from),
        otherwise=fields.target("otherwise"),
        language=fields.get("language", str),
        voice=fields.get("voice", str, ""),
        barge_in=fields.flag("barge_in"),
        wait_seconds=fields.seconds("wait_seconds", known.wait_seconds),
        tries=fields.get("tries", int, known.tries),
        most_turns=fields.get("most_turns", int, known.most_turns),
        most_tokens=fields.get("most_tokens", int, known.most_tokens),
        longest_seconds=fields.seconds("longest_seconds", known.longest_seconds),
        first_words_seconds=fields.seconds("first_words_seconds", known.first_words_seconds),
        pause_seconds=fields.seconds("pause_seconds", known.pause_seconds),
        longest_speech_seconds=fields.seconds("longest_speech_seconds", known.longest_speech_seconds),
    )


def _word(fields: Fields, name: str, words: type[Word]) -> Word:
    written = fields.get(name, str)
    if written not in set(words):
        known = ", ".join(words)
        raise Malformed(f'{fields.at(name)}: there is no "{written}" here; known: {known}', field=fields.at(name))
    return words(written)


NODES: dict[str, Callable[[Fields], Talk]] = {
    "set": lambda f: Set(dict(f.each("values", _value_from)), f.target("next")),
    "branch": lambda f: Branch(f.each("cases", _case_from), f.target("otherwise")),
    "listen": _listen_from,
    "assist": _assist_from,
}
"""What reads each kind of node."""
