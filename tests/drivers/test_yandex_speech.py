"""The voices of SpeechKit: texts in pieces, voices by language, and every way of the far end to fail."""

from __future__ import annotations

import asyncio
import json
import socket
from array import array
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from drivers.speechkit_stand_in import (
    FOLDER,
    KEY,
    SpeechKitStandIn,
    cuts_off,
    falls_silent,
    line,
    never_ends,
    refuses,
    speaks,
    speaks_in_chorus,
    tone,
)
from drivers.stand_in import Move, babbles, hangs_up, holds
from outdial.drivers.speech.espeak import Espeak
from outdial.drivers.speech.prompts import PromptCache
from outdial.drivers.speech.synthesiser import Pcm, SynthesisFailed, spoken_text
from outdial.drivers.speech.yandex import (
    LANGUAGES,
    LONGEST_PIECE,
    VOICES,
    YandexSettings,
    YandexSpeech,
    pieces,
    plain,
    request_of,
)
from outdial.ports import RenderedPrompt

LONG = "Добрый день, у нас есть новый товар, для заказа товара нажмите 1. " * 12
Result = TypeVar("Result")


def told(
    story: Callable[[SpeechKitStandIn, YandexSpeech], Awaitable[Result]], *moves: Move, **settings: Any
) -> tuple[Result, SpeechKitStandIn]:
    """What a story comes to with an engine before a server that makes these moves."""

    async def tell() -> tuple[Result, SpeechKitStandIn]:
        async with SpeechKitStandIn(*moves) as server:
            engine = YandexSpeech(YandexSettings(**{"api_key": KEY, "url": server.url, "retry_seconds": 0, **settings}))
            try:
                return await story(server, engine), server
            finally:
                await engine.close()

    return asyncio.run(tell())


def said(
    *moves: Move, text: str = "Привет", language: str = "ru-RU", voice: str = "", **settings: Any
) -> tuple[Pcm, SpeechKitStandIn]:
    return told(lambda _, engine: engine.synthesise(text, language, voice), *moves, **settings)


def failed(*moves: Move, text: str = "Привет", language: str = "ru-RU", **settings: Any) -> tuple[SynthesisFailed, int]:
    """The failure and how many requests it took."""

    async def story(server: SpeechKitStandIn, engine: YandexSpeech) -> tuple[SynthesisFailed, int]:
        with pytest.raises(SynthesisFailed) as caught:
            await engine.synthesise(text, language)
        # Nothing that a log could print may hold the key.
        assert KEY not in f"{caught.value!r} {caught.value.detail} {caught.value.__cause__!r}"
        assert caught.value.detail
        return caught.value, len(server.asked)

    return told(story, *moves, **settings)[0]


def hint(server: SpeechKitStandIn, name: str) -> Any:
    return next((hint[name] for hint in server.asked[0]["hints"] if name in hint), None)


# -------------------------------------------------------------------------------------------------------- speech


def test_a_text_becomes_the_samples_of_all_chunks() -> None:
    pcm, server = said(text="Добрый день")
    assert pcm == Pcm(tone("Добрый день"), 8000)
    assert server.asked == [
        {
            "text": "Добрый день",
            "hints": [{"voice": "alena"}],
            "outputAudioSpec": {"rawAudio": {"audioEncoding": "LINEAR16_PCM", "sampleRateHertz": "8000"}},
            "loudnessNormalizationType": "LUFS",
            "unsafeMode": False,
        }
    ]
    assert server.headers[0]["Authorization"] == f"Api-Key {KEY}"
    assert "x-folder-id" not in server.headers[0]


def test_settings_reach_the_service() -> None:
    pcm, server = said(folder_id=FOLDER, speed=1.2, rate=16000, role="good")
    assert pcm.rate == 16000
    assert server.headers[0]["x-folder-id"] == FOLDER
    assert (hint(server, "speed"), hint(server, "role")) == (1.2, "good")


@pytest.mark.parametrize(
    ("language", "voice", "spoken_by"),
    [
        ("ru-RU", "", "alena"),
        ("ru", "", "alena"),
        ("RU_ru", "", "alena"),
        ("uz-UZ", "", "nigora"),
        ("kk-KZ", "", "amira"),
        ("kk-KK", "", "amira"),
        ("en-US", "", "john"),
        ("en-EN", "", "john"),
        ("de-DE", "", "lea"),
        ("ru-RU", "filipp", "filipp"),
        ("ru-RU", " Jane ", "jane"),
        ("uz-UZ", "alena", "alena"),
        ("fr-FR", "marina", "marina"),
        ("ru-RU", "vitaliy-ng", "alena"),
        ("kk-KZ", "f2", "amira"),
    ],
)
def test_who_speaks(language: str, voice: str, spoken_by: str) -> None:
    _, server = said(language=language, voice=voice)
    assert hint(server, "voice") == spoken_by


def test_the_administrator_chooses_the_voice_of_a_language() -> None:
    assert hint(said(voices={"ru-RU": "marina"})[1], "voice") == "marina"
    assert hint(said(voices={"ru-RU": "marina"}, language="en-US")[1], "voice") == "john"
    assert hint(said(voices={"ru-RU": ""})[1], "voice") == "alena"
    assert request_of("да", "our_brand_voice", YandexSettings(KEY, role="good"))["hints"] == [
        {"voice": "our_brand_voice"}
    ]


def test_a_role_is_asked_only_of_voices_that_have_it() -> None:
    for voice in VOICES:
        _, server = said(voice=voice, role="strict")
        assert hint(server, "role") == ("strict" if "strict" in VOICES[voice] else None)


def test_a_language_that_no_voice_speaks_is_left_to_the_next_engine() -> None:
    for language in ("fr-FR", "", "русский", "../../etc"):
        failure, requests = failed(language=language)
        assert (failure.reason, failure.engine_down, requests) == ("language_unknown", False, 0)


@pytest.mark.parametrize("text", ["", " ", "...", "— ! —", "[[<[ ]>]]", "**"])
def test_nothing_to_say_is_not_paid_for(text: str) -> None:
    pcm, server = said(text=text)
    assert (pcm.samples, server.asked) == (b"", [])


def test_requests_share_a_connection_and_keep_to_their_number() -> None:
    async def one_by_one(server: SpeechKitStandIn, engine: YandexSpeech) -> int:
        for number in range(5):
            await engine.synthesise(f"номер {number}", "ru")
        return server.connections

    async def at_once(server: SpeechKitStandIn, engine: YandexSpeech) -> int:
        async with asyncio.TaskGroup() as group:
            for number in range(18):
                group.create_task(engine.synthesise(f"номер {number}", "ru"))
        assert len(server.asked) == 18
        return server.most_at_once

    assert told(one_by_one)[0] == 1
    assert told(at_once, speaks_in_chorus(3), connections=3)[0] == 3


# -------------------------------------------------------------------------------------------------------- pieces


def test_a_long_text_goes_out_in_sentences_and_comes_back_whole() -> None:
    pcm, server = said(text=LONG)
    assert len(server.texts) == 4
    assert all(text.endswith("нажмите 1.") for text in server.texts)
    assert " ".join(server.texts) == LONG.strip()
    assert pcm.samples == b"".join(map(tone, server.texts))


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("", []),
        ("Раз. Два", ["Раз. Два"]),
        ("Раз два! «Три четыре?» Пять", ["Раз два!", "«Три четыре?»", "Пять"]),
        ("Раз, два три, четыре", ["Раз, два три,", "четыре"]),
        ("Раз два три четыре", ["Раз два три", "четыре"]),
        ("Превысокомногорассмотрительствующий", ["Превысокомного", "рассмотрительс", "твующий"]),
        ("Цена 10.50 рубля", ["Цена 10.50", "рубля"]),
        ("Раз два три. ... !!! ????? ...", ["Раз два три."]),
    ],
)
def test_where_a_text_is_cut(text: str, cut: list[str]) -> None:
    assert pieces(text, 14) == cut


@given(st.text(alphabet="аб1 .,!«»-…", max_size=120).map(spoken_text), st.integers(1, 30))
def test_pieces_are_short_and_nothing_said_is_lost(text: str, longest: int) -> None:
    cut = pieces(text, longest)
    assert all(0 < len(piece) <= longest for piece in cut)
    assert [letter for letter in "".join(cut) if letter.isalnum()] == [letter for letter in text if letter.isalnum()]


def test_a_text_without_end_is_refused() -> None:
    failure, requests = failed(text="да " * 2000)
    assert (failure.reason, failure.engine_down, requests) == ("text_too_long", False, 0)


def test_what_may_last_too_long_is_sent_with_leave_to_be_cut() -> None:
    def leave(text: str, speed: float = 1.0) -> bool:
        return bool(request_of(text, "alena", YandexSettings(KEY, speed=speed))["unsafeMode"])

    assert not leave("слово " * 41)
    assert leave("слово " * 41, speed=0.5)
    assert leave("8 916 123 45 67, " * 14)


@given(st.lists(st.sampled_from(["[", "]", "<", ">", "*", "sil", "small", " ", "а"]), max_size=30).map("".join))
def test_no_text_holds_markup(text: str) -> None:
    heard = plain(text)
    assert not any(mark in heard for mark in ("[[", "]]", "<[", "]>", "**"))
    assert heard == plain(heard)


def test_markup_is_only_text_but_stress_stays() -> None:
    assert plain("гот+ов? sil<[7000]> [[v a]] **да** 2 * 2 < 5") == "гот+ов? sil 7000 v a да 2 * 2 < 5"


# ------------------------------------------------------------------------------------------------------ failures


@pytest.mark.parametrize(
    ("status", "reason", "engine_down", "requests", "advice"),
    [
        (400, "refused", False, 1, "text or a setting"),
        (401, "bad_key", True, 1, "make a new one"),
        (403, "forbidden", True, 1, "ai.speechkit-tts.user"),
        (404, "bad_answer", True, 1, "address"),
        (307, "bad_answer", True, 1, "address"),
        (429, "throttled", True, 2, "quota"),
        (500, "unavailable", True, 2, "support"),
        (503, "unavailable", True, 2, "support"),
    ],
)
def test_a_refusal_has_a_reason_and_an_advice(
    status: int, reason: str, engine_down: bool, requests: int, advice: str
) -> None:
    failure, asked = failed(refuses(status, "For your eyes:", Location="/elsewhere"))
    assert (failure.reason, failure.engine_down, asked) == (reason, engine_down, requests)
    assert advice in failure.detail
    assert "For your eyes: Api-Key ***" in failure.detail


def test_a_wrong_key_as_the_service_tells_it() -> None:
    failure, requests = failed(speaks, api_key="AQVN-of-somebody-else")
    assert (failure.reason, requests) == ("bad_key", 1)
    assert "Unknown api key" in failure.detail


@pytest.mark.parametrize(
    "passing",
    [refuses(429), refuses(429, Retry_After="0"), refuses(429, Retry_After="soon"), refuses(500), cuts_off, hangs_up],
)
def test_what_passes_is_asked_once_more(passing: Move) -> None:
    pcm, server = said(passing, speaks)
    assert pcm.samples == tone("Привет")
    assert len(server.asked) == 2


def test_a_wait_beyond_the_time_limit_is_not_waited_for() -> None:
    failure, requests = failed(refuses(429, Retry_After="60"), speaks)
    assert (failure.reason, requests) == ("throttled", 1)
    failure, requests = failed(refuses(500), speaks, retry_seconds=30)
    assert (failure.reason, requests) == ("unavailable", 1)


def test_an_answer_that_does_not_begin_is_slow() -> None:
    failure, requests = failed(holds, first_chunk_seconds=0.05)
    assert (failure.reason, failure.engine_down, requests) == ("slow", True, 1)


def test_an_answer_that_does_not_end_is_slow() -> None:
    failure, requests = failed(falls_silent, first_chunk_seconds=5, total_seconds=0.1)
    assert (failure.reason, failure.engine_down, requests) == ("slow", True, 1)


def test_a_chunk_in_time_ends_the_first_limit() -> None:
    failure, _ = failed(falls_silent, first_chunk_seconds=0.2, total_seconds=0.4)
    assert "0.4 seconds" in failure.detail


def test_a_text_too_long_for_the_time_does_not_rest_the_engine() -> None:
    failure, requests = failed(speaks, holds, text=LONG, total_seconds=0.5)
    assert (failure.reason, failure.engine_down, requests) == ("slow", False, 2)


@pytest.mark.parametrize("broken", [cuts_off, hangs_up])
def test_a_connection_that_breaks_twice_is_a_failure(broken: Move) -> None:
    failure, requests = failed(broken)
    assert (failure.reason, failure.engine_down, requests) == ("cut_off", True, 2)


def test_nobody_at_the_address() -> None:
    async def story() -> SynthesisFailed:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            engine = YandexSpeech(YandexSettings(KEY, url=f"http://127.0.0.1:{free.getsockname()[1]}", retry_seconds=0))
            with pytest.raises(SynthesisFailed) as caught:
                await engine.synthesise("да", "ru")
            await engine.close()
            return caught.value

    failure = asyncio.run(story())
    assert (failure.reason, failure.engine_down) == ("unreachable", True)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Log in to the network</html>",
        b"[" * 100_000,
        b"\xff\xfe\x00",
        b"{}",
        b"null",
        b"9" * 5000,
        line(b"ab") + b"{",
        line(b"abc"),
        b'{"result": {"audioChunk": {"data": "%%%%"}}}',
        b'{"result": {"audioChunk": {"data": "abc"}}}',
        f'{{"key": "{KEY}"}}'.encode(),
    ],
)
def test_an_answer_that_is_none(body: bytes) -> None:
    failure, requests = failed(babbles(body))
    assert (failure.reason, failure.engine_down, requests) == ("bad_answer", True, 1)


@pytest.mark.parametrize("body", [b"", b" \n", b'{"result": {"audioChunk": {"data": ""}}}', b'{"result": {}}'])
def test_an_answer_without_sound(body: bytes) -> None:
    failure, _ = failed(babbles(body))
    assert (failure.reason, failure.engine_down) == ("no_sound", False)


def test_an_answer_without_end_is_not_read() -> None:
    failure, requests = failed(never_ends, largest_answer=100_000)
    assert (failure.reason, failure.engine_down, requests) == ("too_large", True, 1)


def test_an_error_of_any_size_is_told_in_a_line() -> None:
    failure, _ = failed(babbles(b"No\n\n" * 1_000_000, status=403))
    assert failure.reason == "forbidden"
    assert len(failure.detail) < 400
    assert "\n" not in failure.detail


@pytest.mark.parametrize(
    ("error", "reason", "requests"),
    [
        ({"grpcCode": 3, "httpCode": 400, "message": "Too long text"}, "refused", 1),
        ({"grpc_code": 8, "message": "Too many"}, "throttled", 2),
        ({"code": 16, "message": "Who?"}, "bad_key", 1),
        ({"message": "Oh"}, "unavailable", 2),
    ],
)
def test_an_error_in_mid_stream(error: dict[str, Any], reason: str, requests: int) -> None:
    failure, asked = failed(babbles(line(b"ab") + json.dumps({"error": error}).encode()))
    assert (failure.reason, asked) == (reason, requests)
    assert error["message"] in failure.detail


def test_messages_need_no_line_between_them() -> None:
    pcm, _ = said(babbles(line(b"ab").strip() + line(b"cd") + b"\r\n" + b'{"audioChunk": {"data": "ZWY="}}'))
    assert pcm.samples == b"abcdef"


def test_closing_fails_what_is_being_spoken_and_what_comes_later() -> None:
    async def story(server: SpeechKitStandIn, engine: YandexSpeech) -> None:
        async with asyncio.TaskGroup() as group:

            async def speak() -> None:
                with pytest.raises(SynthesisFailed) as caught:
                    await engine.synthesise("да", "ru")
                assert caught.value.reason == "closed"

            group.create_task(speak())
            await server.holding.wait()
            await engine.close()
        await speak()

    told(story, holds)


def test_cancelling_frees_the_place() -> None:
    async def story(server: SpeechKitStandIn, engine: YandexSpeech) -> Pcm:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(engine.synthesise("да", "ru"))
            await server.holding.wait()
            task.cancel()
        return await engine.synthesise("нет", "ru")

    assert told(story, holds, speaks, connections=1)[0].samples == tone("нет")


# ------------------------------------------------------------------------------------------------------ settings


def test_the_key_is_not_shown() -> None:
    settings = YandexSettings(KEY)
    assert KEY not in repr(settings)
    assert KEY not in YandexSpeech(settings).version


@pytest.mark.parametrize(
    "wrong",
    [
        {"api_key": ""},
        {"api_key": f"{KEY}\n"},
        {"api_key": f"{KEY} "},
        {"api_key": f"{KEY}ключ"},
        {"folder_id": "a\r\nb: c"},
        {"speed": 0},
        {"speed": 4},
        {"speed": float("nan")},
        {"rate": 44},
        {"role": "loud"},
        {"connections": 0},
        {"url": "http://tts.api.cloud.yandex.net"},
        {"url": "https://"},
        {"url": "https://user:password@example.org"},
        {"url": "http://127.0.0.1:x"},
        {"url": "file:///etc/passwd"},
    ],
)
def test_wrong_settings_are_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))) as caught:
        YandexSettings(**{"api_key": KEY, **wrong})
    assert KEY not in str(caught.value)
    assert "password@" not in str(caught.value)


def test_what_changes_the_sound_changes_the_version_and_nothing_else_does() -> None:
    def version(**settings: Any) -> str:
        return YandexSpeech(YandexSettings(**{"api_key": KEY, **settings})).version

    sounds: list[dict[str, Any]] = [{}, {"speed": 1.1}, {"role": "good"}, {"rate": 16000}, {"voices": {"ru": "marina"}}]
    assert len({version(**settings) for settings in sounds}) == len(sounds)
    silent: list[dict[str, Any]] = [
        {"api_key": "other"},
        {"folder_id": FOLDER},
        {"url": "http://[::1]:1"},
        {"voices": {"ru-RU": "alena"}},
    ]
    assert {version(**settings) for settings in silent} == {version()}


def test_every_language_has_a_voice_of_its_own() -> None:
    assert set(LANGUAGES.values()) <= set(VOICES)
    assert LONGEST_PIECE == 250


# ----------------------------------------------------------------------------------------------- with the cache


def failures(reason: str) -> float:
    return REGISTRY.get_sample_value("outdial_synthesis_failures_total", {"engine": "yandex", "reason": reason}) or 0.0


@pytest.mark.parametrize(
    ("move", "reason"), [(refuses(503), "unavailable"), (refuses(401), "bad_key"), (cuts_off, "cut_off")]
)
def test_the_next_engine_speaks_until_this_one_is_back(
    move: Move, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    espeak = Espeak()
    before = failures(reason)

    async def story(server: SpeechKitStandIn, engine: YandexSpeech) -> list[RenderedPrompt]:
        cache = PromptCache(tmp_path, [engine, espeak], rest_seconds=0)
        heard = [await cache.render("Добрый день", "ru-RU")]
        server.moves = [speaks]
        heard += [await cache.render("Добрый день", "ru-RU") for _ in range(2)]
        return heard

    try:
        (stand_in, own, kept), server = told(story, move)
    finally:
        espeak.close()
    assert own.path != stand_in.path
    assert own == kept
    assert own.duration_seconds == pytest.approx(len(tone("Добрый день")) / 16000, abs=0.01)
    assert len(server.asked) == (2 if reason == "bad_key" else 3)
    assert failures(reason) == before + 1
    log = capsys.readouterr().out
    assert "synthesis_failed" in log
    assert reason in log
    assert KEY not in log


def test_a_resting_engine_is_not_asked(tmp_path: Path) -> None:
    espeak = Espeak()

    async def story(server: SpeechKitStandIn, engine: YandexSpeech) -> int:
        cache = PromptCache(tmp_path, [engine, espeak], rest_seconds=1000)
        for number in range(3):
            await cache.render(f"номер {number}", "ru-RU")
        return len(server.asked)

    try:
        assert told(story, refuses(401))[0] == 1
    finally:
        espeak.close()


def test_a_prompt_through_the_cache_is_heard(tmp_path: Path) -> None:
    async def story(_: SpeechKitStandIn, engine: YandexSpeech) -> RenderedPrompt:
        return await PromptCache(tmp_path, [engine]).render(LONG, "ru-RU")

    prompt, _ = told(story)
    assert max(array("h", prompt.path.read_bytes()[44:])) > 20_000
