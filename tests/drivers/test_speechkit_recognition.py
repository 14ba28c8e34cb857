"""SpeechKit's streaming recognition: what goes over the wire, what becomes of finals and of every failure, and where the key
does not appear."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import grpc
import pytest
import structlog

from contract.recognition import quiet
from drivers.recognition_stand_in import (
    KEY,
    Move,
    RecognitionStandIn,
    ends,
    fails,
    final,
    partial,
    stalls,
    tells,
    understands,
)
from drivers.transducer import WORDS, hum
from outdial.drivers.recognition import speechkit_messages as messages
from outdial.drivers.recognition.engine import EngineFailed
from outdial.drivers.recognition.speechkit import MOST_SPEAKERS, SpeechKit, SpeechKitSettings, options
from outdial.ports import Question, Understood

QUESTION = Question(language="ru-RU", expected=("да", "нет"))
ANYTHING = Question(language="ru")
SOUNDS = {word: hum(hertz) for word, hertz in WORDS.items()}
Story = Callable[[RecognitionStandIn, SpeechKit], Awaitable[None]]

# Written by the service's own published stubs.
OPTIONS = "0a2b0a250a0767656e6572616c12090a07080110c03e18011a02080222090801120572752d5255280112021200"
CHUNK, EOU = "12040a020102", "2200"
FINAL = (
    "0a060a017512017212080884072084072801180c2a4c0a3f0a0a0a04d0b4d0b0100118021213d0b4d0b020d0bad0bed0bdd0b5d187d0bdd0be"
    "20840729000000000000f03f32100a0572752d525511000000000000f03f0a061204d0b4d0b01201304a0130"
)
STATUS = "4205080112016d"


def tell(story: Story, *moves: Move, seconds: float = 10.0, key: str = KEY) -> None:
    """Run a story on a service that does as it is told."""

    async def run() -> None:
        async with RecognitionStandIn(SOUNDS, *moves) as server:
            engine = SpeechKit(SpeechKitSettings(key, "b1gfolder", server.url, seconds))
            try:
                await story(server, engine)
            finally:
                await engine.close()

    asyncio.run(run())


async def said(engine: SpeechKit, *sounds: bytes, question: Question = QUESTION) -> Understood:
    utterance = engine.begin(question)
    for sound in sounds or (quiet(0.5),):
        for at in range(0, len(sound), 320):
            utterance.feed(sound[at : at + 320])
    utterance.may_be_over()
    utterance.resumed()
    return await utterance.finish()


def test_what_goes_over_the_wire_is_what_the_service_publishes() -> None:
    request = messages.StreamingRequest
    assert request(session_options=options("ru-RU")).SerializeToString().hex() == OPTIONS
    assert request(chunk={"data": b"\1\2"}).SerializeToString().hex() == CHUNK
    assert request(eou={}).SerializeToString().hex() == EOU
    read = messages.StreamingResponse.FromString(bytes.fromhex(FINAL))
    assert [(each.text, each.confidence) for each in read.final.alternatives] == [("да конечно", 1.0), ("да", 0.0)]
    assert messages.StreamingResponse.FromString(bytes.fromhex(STATUS)).WhichOneof("Event") == "status_code"


def test_all_of_the_sound_is_sent_with_the_key_and_the_folder() -> None:
    async def story(server: RecognitionStandIn, engine: SpeechKit) -> None:
        engine.prepare(QUESTION)
        sound = quiet(0.3) + SOUNDS["да"] + quiet(0.11)
        understood = await said(engine, sound)
        assert (understood.text, understood.confidence, understood.alternatives) == ("да", 1.0, ())
        assert server.sounds == [sound]
        assert server.headers[0]["authorization"] == f"Api-Key {KEY}"
        assert server.headers[0]["x-folder-id"] == "b1gfolder"
        assert list(server.options[0].recognition_model.language_restriction.language_code) == ["ru-RU"]
        assert server.options[0].eou_classifier.HasField("external_classifier")

    tell(story)


def test_finals_are_put_together_and_guesses_on_the_way_are_not() -> None:
    async def story(_: RecognitionStandIn, engine: SpeechKit) -> None:
        understood = await said(engine, question=ANYTHING)
        assert (understood.text, understood.alternatives) == ("да мне удобно", ("дай мне удобно",))

    tell(story, tells(final("да", "дай"), partial("мне"), final(), final("мне удобно"), partial("и ещё")))


def test_a_confidence_that_is_told_counts() -> None:
    async def story(_: RecognitionStandIn, engine: SpeechKit) -> None:
        assert (await said(engine)).confidence == 0.75

    tell(story, tells(final("да", confidence=0.75)))


def test_what_was_expected_is_picked_from_the_dictation() -> None:
    async def story(_: RecognitionStandIn, engine: SpeechKit) -> None:
        assert (await said(engine)).text == "да мне удобно"
        assert (await said(engine)).text == "да"
        assert await said(engine) == Understood("", 0.0, ("нет",))
        assert await said(engine) == Understood("")

    tell(story, tells(final("да мне удобно")), tells(final("Да.")), tells(final("кто это", "нет")), tells())


def test_where_anything_may_be_said_the_dictation_is_kept() -> None:
    async def story(_: RecognitionStandIn, engine: SpeechKit) -> None:
        understood = await said(engine, question=replace(QUESTION, besides=True))
        assert (understood.text, understood.alternatives) == ("кто это", ("нет",))

    tell(story, tells(final("кто это", "нет")))


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize(
    ("status", "word"),
    [
        (grpc.StatusCode.PERMISSION_DENIED, "forbidden"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "throttled"),
        (grpc.StatusCode.INVALID_ARGUMENT, "refused"),
        (grpc.StatusCode.UNIMPLEMENTED, "bad_answer"),
        (grpc.StatusCode.INTERNAL, "bad_answer"),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "late"),
    ],
)
def test_each_failure_of_the_service_has_a_word(status: grpc.StatusCode, word: str, at_once: bool) -> None:
    async def story(_: RecognitionStandIn, engine: SpeechKit) -> None:
        with pytest.raises(EngineFailed, match=f"^{word}$"):
            await said(engine)
        assert (await said(engine, SOUNDS["да"])).text == "да"

    tell(story, fails(status, at_once=at_once), understands)


def test_a_wrong_key_is_told_and_shown_to_nobody() -> None:
    async def story(_: RecognitionStandIn, engine: SpeechKit) -> None:
        with structlog.testing.capture_logs() as logged, pytest.raises(EngineFailed, match="bad_key"):
            await said(engine)
        assert logged[0]["reason"] == "bad_key"
        assert "wrong-key" not in repr(logged)
        assert "Api-Key ***" in repr(logged)

    tell(story, key="wrong-key")


def test_a_service_that_stalls_is_not_waited_for() -> None:
    async def story(server: RecognitionStandIn, engine: SpeechKit) -> None:
        with pytest.raises(EngineFailed, match="late"):
            await said(engine)
        await asyncio.wait_for(server.ended.wait(), 10)  # the stream was ended, and the service told so
        assert (await said(engine, SOUNDS["нет"])).text == ""

    tell(story, stalls, tells(), seconds=0.2)


def test_a_connection_that_drops_in_the_middle_is_told() -> None:
    async def story(server: RecognitionStandIn, engine: SpeechKit) -> None:
        utterance = engine.begin(QUESTION)
        utterance.feed(quiet(0.3))
        await asyncio.wait_for(server.began.wait(), 10)
        await server.stop()
        with pytest.raises(EngineFailed, match="unreachable"):
            await utterance.finish()
        with pytest.raises(EngineFailed, match="unreachable"):
            await said(engine)

    tell(story)


def test_a_stream_that_the_service_ends_too_early_is_cut_off() -> None:
    async def story(server: RecognitionStandIn, engine: SpeechKit) -> None:
        utterance = engine.begin(QUESTION)
        await asyncio.wait_for(server.ended.wait(), 10)
        with pytest.raises(EngineFailed, match="cut_off"):
            await utterance.answer

    tell(story, ends)


def test_an_answer_that_is_none_is_bad() -> None:
    async def story(_: RecognitionStandIn, engine: SpeechKit) -> None:
        with pytest.raises(EngineFailed, match="bad_answer"):
            await said(engine)

    tell(story, tells(b"\xff\xff\xff"))


def test_who_hangs_up_ends_the_stream() -> None:
    async def story(server: RecognitionStandIn, engine: SpeechKit) -> None:
        utterance = engine.begin(QUESTION)
        utterance.feed(quiet(0.3))
        await asyncio.wait_for(server.began.wait(), 10)
        utterance.drop()
        utterance.drop()
        await asyncio.wait_for(server.ended.wait(), 10)

    tell(story)


def test_a_language_that_the_service_does_not_speak_is_not_asked_for() -> None:
    async def story(server: RecognitionStandIn, engine: SpeechKit) -> None:
        with pytest.raises(EngineFailed, match="language"):
            await said(engine, question=Question(language="xx-XX"))
        assert server.headers == []
        assert (await said(engine, SOUNDS["да"], question=Question(language="RU"))).text == "да"

    tell(story)


def test_streams_at_the_same_time_are_bounded() -> None:
    async def story(_: RecognitionStandIn, engine: SpeechKit) -> None:
        spoken = [engine.begin(QUESTION) for _ in range(MOST_SPEAKERS)]
        with pytest.raises(EngineFailed, match="busy"):
            await said(engine)
        for each in spoken:
            each.drop()

    tell(story)


def test_a_closed_engine_lets_nobody_wait() -> None:
    async def story(_: RecognitionStandIn, engine: SpeechKit) -> None:
        utterance = engine.begin(QUESTION)
        answer = utterance.finish()
        await engine.close()
        with pytest.raises(EngineFailed, match="dropped"):
            await answer
        with pytest.raises(EngineFailed, match="busy"):
            await said(engine)

    tell(story, stalls)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"api_key": ""}, "api_key must be"),
        ({"api_key": "secret\nkey"}, "api_key must be"),
        ({"folder_id": "b1 g"}, "folder_id must be"),
        ({"url": "http://stt.api.cloud.yandex.net"}, "url must be https://"),
        ({"url": "https://user:password@host"}, "url must be https://"),
        ({"url": "stt.api.cloud.yandex.net:443"}, "url must be https://"),
        ({"seconds": 0}, "seconds must be"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(change: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told) as refused:
        SpeechKitSettings(**{"api_key": KEY, **change})  # type: ignore[arg-type]
    assert "secret" not in str(refused.value)


def test_the_address_has_a_port() -> None:
    assert SpeechKitSettings(KEY).target == "stt.api.cloud.yandex.net:443"
    assert SpeechKitSettings(KEY, url="http://[::1]:5001/").target == "[::1]:5001"
    assert KEY not in repr(SpeechKitSettings(KEY))
