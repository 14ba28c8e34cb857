"""Phrases, voice scripts and sounds at outdial's own door: what is read can be sent back, and mailings play it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from api.native.test_account import Counter, play
from outdial.core.ids import TenantId
from outdial.core.voice_script import Prepared
from outdial.operations.access import hash_secret
from outdial.ports import NO_SMS
from outdial.setup import read

Play = Callable[[Callable[[Counter], Awaitable[None]]], None]
STEPS: list[dict[str, Any]] = [
    {"say": "К оплате {summa} до {param1}."},
    {"menu": {"say": "Нажмите один.", "seconds": 5, "keys": {"1": [{"transfer": "74950000012"}]}}},
    {"say": "До свидания."},
]


@pytest.fixture
def at_door(database_url: str, tmp_path: Path) -> Play:
    return lambda story: play(database_url, tmp_path, story)


def test_a_phrase_comes_back_as_it_was_sent_with_its_length(at_door: Play) -> None:
    async def story(counter: Counter) -> None:
        counter.house.voice.seconds["Добрый день."] = 3.2
        sent = {"name": "Привет", "text": "Добрый день."}
        made = await counter.ask("POST", "/v1/phrases", sent)
        shown = {**sent, "id": 1, "duration": 4}
        assert (made.status, made.json) == (201, shown)
        assert (await counter.ask("PUT", "/v1/phrases/1", made.json)).json == shown
        assert (await counter.ask("PUT", "/v1/phrases/7", {"text": "Ещё."})).json == {
            "text": "Ещё.",
            "id": 7,
            "duration": 1,
        }
        assert (await counter.ask("POST", "/v1/phrases", sent)).json["id"] == 8
        assert [one["id"] for one in (await counter.ask("GET", "/v1/phrases")).json["phrases"]] == [1, 7, 8]
        assert (await counter.ask("DELETE", "/v1/phrases/7")).json == {"removed": True}
        for method in ("GET", "DELETE"):
            assert (await counter.ask(method, "/v1/phrases/7")).status == 404

    at_door(story)


def test_a_phrase_of_a_file_is_as_long_as_the_file(at_door: Play) -> None:
    async def story(counter: Counter) -> None:
        phrase = {"name": "Файл", "audio": "hello.wav"}
        early = await counter.ask("PUT", "/v1/phrases/1", phrase)
        assert (early.status, early.json["message"]) == (400, 'there is no audio "hello.wav"')
        assert (await counter.ask("PUT", "/v1/audio/hello.wav", b"no")).json["code"] == "not_audio"
        uploaded = await counter.ask("PUT", "/v1/audio/hello.wav", b"sound of somebody")
        assert (uploaded.status, uploaded.json) == (200, {"name": "hello.wav", "seconds": 1.5})
        assert (await counter.ask("GET", "/v1/audio")).json == {"audio": [uploaded.json]}
        assert (await counter.ask("PUT", "/v1/phrases/1", phrase)).json == {**phrase, "id": 1, "duration": 2}
        assert (await counter.ask("DELETE", "/v1/audio/hello.wav")).json == {"removed": True}
        assert (await counter.ask("GET", "/v1/phrases/1")).json["duration"] is None
        assert (await counter.ask("GET", "/v1/audio")).json == {"audio": []}

    at_door(story)


def test_a_voice_script_comes_back_as_it_was_sent_and_is_what_an_apply_file_means(at_door: Play) -> None:
    async def story(counter: Counter) -> None:
        sent = {"name": "Скрипт", "language": "en-GB", "steps": STEPS}
        reply = await counter.ask("PUT", "/v1/scripts/2", sent)
        assert (reply.status, reply.json) == (200, {**sent, "id": 2, "duration": 3})
        assert (await counter.ask("GET", "/v1/scripts/2")).json == reply.json
        assert (await counter.ask("GET", "/v1/scripts")).json == {"scripts": [reply.json]}
        assert (await counter.ask("GET", "/v1/phrases")).json == {"phrases": []}
        stored = await counter.house.operations.scripts.by_number(counter.house.tenant, Prepared.VOICE_SCRIPT, 2)
        assert stored is not None
        section = {"scripts": [{**sent, "id": 2}]}
        (applied,) = read(f"tenants: [{{name: a, time_zone: UTC, mobilgroup: {section!r}}}]").tenants[0].scripts
        assert (applied.script, applied.wire) == (stored.script, stored.wire)

    at_door(story)


@pytest.mark.parametrize(
    ("path", "body", "field", "fault"),
    [
        ("phrases/1", {}, "", "text or audio is wanted"),
        ("phrases/1", {"text": "a", "audio": "b"}, "", "text or audio is wanted"),
        ("phrases/1", {"text": "a", "id": 2}, "id", "the path says 1"),
        ("phrases/1", {"text": "a", "colour": "red"}, "", "there is no such member here: colour"),
        ("phrases/1", [], "body", "an object is wanted"),
        ("phrases/1", {"text": "a", "name": 7}, "name", "a text of at most 500"),
        ("scripts/1", {"steps": STEPS, "unanswered_smss": "a"}, "", "there is no such member here: unanswered_smss"),
        ("scripts/1", {"steps": [{"say": "a"}, {"sms": "b"}]}, "steps.1.sms", NO_SMS),
        ("scripts/1", {"steps": STEPS, "unanswered_sms": "a"}, "unanswered_sms", NO_SMS),
        ("scripts/1", {"steps": [{"audio": "a.wav"}]}, "audio", 'there is no audio "a.wav"'),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(at_door: Play, path: str, body: Any, field: str, fault: str) -> None:
    async def story(counter: Counter) -> None:
        reply = await counter.ask("PUT", f"/v1/{path}", body)
        assert (reply.status, reply.json["field"]) == (400, field)
        assert fault in reply.json["message"]
        assert (await counter.ask("GET", f"/v1/{path}")).status == 404

    at_door(story)


def test_a_number_is_given_only_by_the_house(at_door: Play) -> None:
    async def story(counter: Counter) -> None:
        assert (await counter.ask("POST", "/v1/phrases", {"text": "a", "id": 3})).json["field"] == "id"

    at_door(story)


def test_nobody_sees_or_changes_what_is_another_tenant_s(at_door: Play) -> None:
    async def story(counter: Counter) -> None:
        await counter.ask("PUT", "/v1/phrases/1", {"text": "Наша."})
        await _give_key(counter, counter.house.other_tenant, "theirs")
        assert (await counter.ask("GET", "/v1/phrases", key="theirs")).json == {"phrases": []}
        assert (await counter.ask("DELETE", "/v1/phrases/1", key="theirs")).status == 404
        for path in ("/v1/phrases", "/v1/scripts", "/v1/audio"):
            assert (await counter.ask("GET", path, key="nobody's")).status == 401

    at_door(story)


def test_openapi_shows_every_path(at_door: Play) -> None:
    async def story(counter: Counter) -> None:
        paths = (await counter.ask("GET", "/v1/openapi.json")).json["paths"]
        for one in ("phrases", "scripts"):
            assert set(paths[f"/{one}"]) == {"get", "post"}
            assert set(paths[f"/{one}/{{number}}"]) == {"get", "put", "delete"}
            assert "requestBody" in paths[f"/{one}/{{number}}"]["put"]
        assert set(paths["/audio/{name}"]) == {"put", "delete"}

    at_door(story)


async def _give_key(counter: Counter, tenant: TenantId, key: str) -> None:
    made = "insert into api_keys (tenant_id, name, key_hash) values ($1, 'other', $2)"
    await counter.house.pool.execute(made, tenant, hash_secret(key))
