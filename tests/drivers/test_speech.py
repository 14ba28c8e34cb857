"""Words become prompts: the built-in voice survives any text, and the cache makes each text once."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import signal
from array import array
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import espeakng_loader
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from outdial.drivers.speech.espeak import Espeak, EspeakSettings, languages, voice_of
from outdial.drivers.speech.prompts import PromptCache
from outdial.drivers.speech.synthesiser import Pcm, SynthesisFailed, spoken_text
from outdial.drivers.speech.telephone import PEAK, speech_wav, wav_seconds
from outdial.ports import RenderedPrompt

pytestmark = pytest.mark.slow

RUSSIAN = (
    "Добрый день, у нас есть новый товар, для заказа товара нажмите 1, не интересует - нажмите 2, "
    "для отказа от подписке нажмите 3"
)
ENGLISH = "Good afternoon, we have a new product, to order it press 1, if you are not interested press 2"
YEAR = timedelta(days=365)


@pytest.fixture(scope="module")
def espeak() -> Iterator[Espeak]:
    engine = Espeak()
    yield engine
    engine.close()


def say(engine: Espeak, text: str, language: str = "ru-RU", voice: str = "") -> Pcm:
    return asyncio.run(engine.synthesise(text, language, voice))


def length(pcm: Pcm) -> float:
    return len(pcm.samples) / 2 / pcm.rate


def samples(wav: bytes) -> array[int]:
    return array("h", wav[44:])


# ------------------------------------------------------------------------------------------- the built-in voice


def test_a_sentence_lasts_as_long_as_a_person_would_need(espeak: Espeak) -> None:
    assert 6 < length(say(espeak, RUSSIAN)) < 12
    assert 4 < length(say(espeak, ENGLISH, "en-US")) < 9


def test_languages_sound_different(espeak: Espeak) -> None:
    lengths = {code: length(say(espeak, "Привет, 12", code)) for code in ("ru-RU", "en-US", "kk-KZ", "uz-UZ")}
    assert len(set(lengths.values())) == 4


def test_codes_as_clients_send_them() -> None:
    known = languages(Path(espeakng_loader.get_data_path()))
    chosen = {code: voice_of(code, known) for code in ("ru-RU", "ru", "RU_ru", "en-EN", "en-US", "kk-KZ", "uz-UZ")}
    assert chosen == {
        "ru-RU": "zle/ru",
        "ru": "zle/ru",
        "RU_ru": "zle/ru",
        "en-EN": "gmw/en",
        "en-US": "gmw/en-US",
        "kk-KZ": "trk/kk",
        "uz-UZ": "trk/uz",
    }
    assert [voice_of(code, known) for code in ("", "xx", "../../etc/passwd", "-", "русский")] == [None] * 5


def test_an_unknown_language_is_spoken_in_the_fallback_with_a_word_in_the_log(
    espeak: Espeak, capsys: pytest.CaptureFixture[str]
) -> None:
    assert length(say(espeak, RUSSIAN, "xx-XX")) == pytest.approx(length(say(espeak, RUSSIAN)), abs=0.1)
    assert "speech_language_unknown" in capsys.readouterr().out


def test_rate_and_pitch() -> None:
    slow, fast = Espeak(EspeakSettings(words_per_minute=100)), Espeak(EspeakSettings(words_per_minute=250))
    try:
        assert length(say(slow, RUSSIAN)) > 1.6 * length(say(fast, RUSSIAN))
        assert slow.version != fast.version
    finally:
        slow.close()
        fast.close()
    for wrong in ({"words_per_minute": 20}, {"pitch": 100}):
        with pytest.raises(ValueError, match="must be from"):
            EspeakSettings(**wrong)
    with pytest.raises(ValueError, match="no espeak-ng voice"):
        Espeak(EspeakSettings(fallback_language="nowhere"))


def test_a_voice_is_a_variant_and_an_unknown_one_is_the_languages_own(espeak: Espeak) -> None:
    own = say(espeak, RUSSIAN).samples
    assert abs(peak(say(espeak, RUSSIAN, voice="F3").samples) - peak(own)) > 500
    assert len(say(espeak, RUSSIAN, voice="alena").samples) == pytest.approx(len(own), rel=0.01)


def peak(pcm: bytes) -> int:
    return max(map(abs, array("h", pcm)), default=0)


def test_markup_is_only_text(espeak: Espeak) -> None:
    plain = length(say(espeak, "да"))
    assert length(say(espeak, '<break time="9s"/>да')) < 8
    assert length(say(espeak, "<b>да & нет</b>")) > plain
    # A phoneme in brackets and a command after the control character 1 are obeyed by the library if asked to.
    assert length(say(espeak, "\x01400Sда")) > plain
    assert length(say(espeak, "[[h@l'oU]]")) > 0.5


@pytest.mark.parametrize(
    "text", ["", " \n ", "\0", "да\0нет", "\ud800", "😀", "a" * 5000, "Привет, как дела? " * 277, "́" * 300]
)
def test_odd_texts_are_survived(text: str, espeak: Espeak) -> None:
    assert speech_wav(say(espeak, text, "ru")).startswith(b"RIFF")


def test_a_text_without_end_is_refused(espeak: Espeak) -> None:
    with pytest.raises(SynthesisFailed) as caught:
        say(espeak, "да " * 10_000)
    assert caught.value.reason == "text_too_long"
    with pytest.raises(SynthesisFailed) as caught:
        say(espeak, "1 2 3, " * 2_800)
    assert caught.value.reason == "too_long"


def test_a_fallen_worker_is_replaced(espeak: Espeak) -> None:
    say(espeak, "раз")
    process = espeak._worker._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    assert length(say(espeak, "два")) > 0.2


@pytest.mark.parametrize("folder", ["папка с пробелами", "очень/" + "длинная папка/" * 20 + "данных"])
def test_voice_data_in_any_folder(folder: str, tmp_path: Path) -> None:
    (tmp_path / folder).mkdir(parents=True)
    data = tmp_path / folder / "espeak-ng-data"
    data.symlink_to(espeakng_loader.get_data_path())
    engine = Espeak(data_path=data)
    try:
        assert 6 < length(say(engine, RUSSIAN)) < 12
    finally:
        engine.close()


def test_spoilt_voice_data_is_told(tmp_path: Path) -> None:
    (tmp_path / "lang/zle").mkdir(parents=True)
    (tmp_path / "lang/zle/ru").write_text("name Russian\nlanguage ru\n")
    engine = Espeak(data_path=tmp_path)
    with pytest.raises(SynthesisFailed) as caught:
        say(engine, "да")
    engine.close()
    assert caught.value.engine_down


@settings(max_examples=80, deadline=None)
@given(text=st.text(max_size=200), language=st.sampled_from(["ru-RU", "en-US", "kk-KZ", "uz-UZ"]))
@example(text="1st½,1,000.501½,!!!%'1st́€́2,000.<b>'3IV", language="ru-RU")
def test_any_text_gives_a_sound_or_a_reason(text: str, language: str, espeak: Espeak) -> None:
    pcm = Pcm(b"", 22050)
    # The library may fall over an odd text; that must stay a reason.
    with contextlib.suppress(SynthesisFailed):
        pcm = say(espeak, text, language)
    sound = samples(speech_wav(pcm))
    assert len(sound) >= 1600
    assert max(map(abs, sound)) <= PEAK * 32768 * 1.01


@given(st.text())
def test_spoken_text_is_one_clean_line_and_settled(text: str) -> None:
    spoken = spoken_text(text)
    assert spoken.isprintable()
    assert "  " not in spoken
    assert spoken == spoken.strip() == spoken_text(spoken)


# ------------------------------------------------------------------------------------------------------- level


def wavelet(seconds: float, amplitude: float, rate: int = 22050, hertz: float = 300) -> bytes:
    count = int(seconds * rate)
    return array(
        "h", (int(amplitude * 32767 * math.sin(2 * math.pi * hertz * at / rate)) for at in range(count))
    ).tobytes()


@pytest.mark.parametrize("amplitude", [0.2, 0.6, 1.0])
@pytest.mark.parametrize("rate", [8000, 16000, 22050, 48000])
def test_speech_peaks_three_decibels_below_full_scale(amplitude: float, rate: int) -> None:
    sound = samples(speech_wav(Pcm(wavelet(1, amplitude, rate), rate)))
    assert max(map(abs, sound)) == pytest.approx(0.708 * 32768, rel=0.02)
    assert len(sound) == pytest.approx(8000, abs=20)


def test_real_speech_is_loud_and_never_clipped(espeak: Espeak) -> None:
    for language in ("ru", "en-US", "uz"):
        sound = samples(speech_wav(say(espeak, RUSSIAN, language)))
        assert max(map(abs, sound)) == pytest.approx(0.708 * 32768, rel=0.01)


def test_a_whisper_is_not_blown_up() -> None:
    assert max(samples(speech_wav(Pcm(wavelet(1, 0.01), 22050)))) < 0.05 * 32768


def test_only_long_silence_at_the_ends_is_shortened() -> None:
    quiet, word = bytes(22050 * 2), wavelet(0.5, 0.5)
    trimmed = speech_wav(Pcm(quiet + word + quiet + word + quiet, 22050))
    assert len(samples(trimmed)) / 8000 == pytest.approx(0.2 + 0.5 + 1 + 0.5 + 0.2, abs=0.01)
    kept = speech_wav(Pcm(bytes(4000) + word + bytes(4000), 22050))
    assert len(samples(kept)) / 8000 == pytest.approx(0.5 + 8000 / 44100, abs=0.01)


def test_nothing_is_a_moment_of_silence() -> None:
    assert set(samples(speech_wav(Pcm(b"", 22050)))) == {0}
    assert len(speech_wav(Pcm(bytes(100_001), 22050))) == 44 + 3200


# ------------------------------------------------------------------------------------------------------- cache


class Voice:
    """An engine that answers as told and counts what it is asked."""

    def __init__(self, name: str = "voice", version: str = "1", answer: Pcm | SynthesisFailed | None = None) -> None:
        self.name = name
        self.version = version
        self.answer: Pcm | SynthesisFailed = answer or Pcm(wavelet(0.5, 0.5), 22050)
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0
        self.hold: asyncio.Event | None = None
        self.began = asyncio.Event()

    async def synthesise(self, text: str, language: str, voice: str) -> Pcm:
        self.asked.append(text)
        self.began.set()
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            await (self.hold.wait() if self.hold else asyncio.sleep(0))
        finally:
            self.at_once -= 1
        if isinstance(self.answer, SynthesisFailed):
            raise self.answer
        return self.answer


def rendered(cache: PromptCache, text: str, language: str = "ru-RU", *, personal: bool = False) -> RenderedPrompt:
    return asyncio.run(cache.render(text, language, personal=personal))


def test_a_prompt_is_made_once_and_found_again_after_a_restart(tmp_path: Path) -> None:
    voice = Voice()
    first = rendered(PromptCache(tmp_path, [voice]), "Добрый день")
    assert rendered(PromptCache(tmp_path, [voice]), " Добрый \n день") == first
    assert len(voice.asked) == 1
    assert first.duration_seconds == pytest.approx(0.5, abs=0.01)
    assert first.path.parent.parent == tmp_path / "prompts"
    assert first.path.parent.name == first.path.name[:2]
    assert [path.name for path in first.path.parent.iterdir()] == [first.path.name]


def test_what_makes_the_sound_makes_the_name(tmp_path: Path) -> None:
    async def story() -> list[RenderedPrompt]:
        return [
            await cache.render(text, language, voice)
            for engine in (Voice(), Voice(version="2"), Voice(name="other"))
            for cache in [PromptCache(tmp_path, [engine])]
            for text, language, voice in (("да", "ru", ""), ("нет", "ru", ""), ("да", "uz", ""), ("да", "ru", "f"))
        ]

    assert len({prompt.path for prompt in asyncio.run(story())}) == 12


def test_many_wishes_for_one_prompt_are_one_synthesis(tmp_path: Path) -> None:
    voice = Voice()

    async def story() -> set[RenderedPrompt]:
        cache = PromptCache(tmp_path, [voice])
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(cache.render("да", "ru")) for _ in range(50)]
        return {task.result() for task in tasks}

    assert len(asyncio.run(story())) == 1
    assert voice.asked == ["да"]


def test_a_bounded_number_of_syntheses_run_at_once(tmp_path: Path) -> None:
    voice = Voice()

    async def story() -> None:
        cache = PromptCache(tmp_path, [voice], at_once=3)
        async with asyncio.TaskGroup() as group:
            for number in range(20):
                group.create_task(cache.render(f"номер {number}", "ru"))

    asyncio.run(story())
    assert len(voice.asked) == 20
    assert voice.most_at_once == 3


def test_when_the_one_who_makes_it_is_cancelled_the_next_one_makes_it(tmp_path: Path) -> None:
    voice = Voice()

    async def story() -> RenderedPrompt:
        voice.hold = asyncio.Event()
        cache = PromptCache(tmp_path, [voice])
        async with asyncio.TaskGroup() as group:
            maker = group.create_task(cache.render("да", "ru"))
            await voice.began.wait()
            waiter = group.create_task(cache.render("да", "ru"))
            await asyncio.sleep(0)
            maker.cancel()
            voice.hold.set()
        return waiter.result()

    assert asyncio.run(story()).path.exists()
    assert len(voice.asked) == 2


def test_a_failure_is_shared_and_not_kept(tmp_path: Path) -> None:
    voice = Voice(answer=SynthesisFailed("refused", "no money"))

    async def story() -> None:
        cache = PromptCache(tmp_path, [voice])

        async def hear() -> None:
            with pytest.raises(SynthesisFailed) as caught:
                await cache.render("да", "ru")
            assert caught.value.reason == "all_failed"
            assert "no money" in caught.value.detail

        async with asyncio.TaskGroup() as group:
            for _ in range(5):
                group.create_task(hear())
        assert len(voice.asked) == 1
        voice.answer = Pcm(wavelet(0.5, 0.5), 22050)
        assert (await cache.render("да", "ru")).path.exists()

    asyncio.run(story())


def failures(engine: str, reason: str) -> float:
    return REGISTRY.get_sample_value("outdial_synthesis_failures_total", {"engine": engine, "reason": reason}) or 0.0


def test_the_next_engine_speaks_when_one_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken, spare = Voice("broken", answer=SynthesisFailed("quota", "over")), Voice("spare")
    before = failures("broken", "quota")
    assert rendered(PromptCache(tmp_path, [broken, spare]), "да").path.exists()
    assert (broken.asked, spare.asked) == (["да"], ["да"])
    assert failures("broken", "quota") == before + 1
    assert "quota" in capsys.readouterr().out


def test_an_engine_out_of_order_rests_and_its_stand_in_does_not_outlive_it(tmp_path: Path) -> None:
    best, spare = Voice("best", answer=SynthesisFailed("unreachable", engine_down=True)), Voice("spare")

    async def story() -> None:
        cache = PromptCache(tmp_path, [best, spare], rest_seconds=1000)
        stand_in = await cache.render("да", "ru")
        assert await cache.render("да", "ru") == stand_in
        await cache.render("нет", "ru")
        assert (best.asked, spare.asked) == (["да"], ["да", "нет"])
        best.answer = Pcm(wavelet(1, 0.5), 22050)
        cache._resting.clear()
        assert (await cache.render("да", "ru")).duration_seconds == pytest.approx(1, abs=0.01)

    asyncio.run(story())


def test_an_engine_that_hangs_has_failed(tmp_path: Path) -> None:
    async def story() -> RenderedPrompt:
        hanging = Voice("hanging")
        hanging.hold = asyncio.Event()
        return await PromptCache(tmp_path, [hanging, Voice()], engine_seconds=0.01).render("да", "ru")

    assert asyncio.run(story()).path.exists()


def test_words_without_sound_are_a_failure_and_no_words_are_silence(tmp_path: Path) -> None:
    mute = Voice("mute", answer=Pcm(b"", 22050))
    with pytest.raises(SynthesisFailed, match="no_sound"):
        rendered(PromptCache(tmp_path, [mute]), "да")
    assert rendered(PromptCache(tmp_path, [mute]), " \n").duration_seconds == 0.2
    assert mute.asked == ["да"]
    with pytest.raises(SynthesisFailed, match="no engine"):
        rendered(PromptCache(tmp_path, []), "да")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"x" * 5000),
        lambda path: path.write_bytes(path.read_bytes()[:300]),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        lambda path: path.unlink(),
    ],
    ids=["empty", "garbage", "stub", "cut", "gone"],
)
def test_a_spoilt_file_is_made_anew(spoil: Callable[[Path], object], tmp_path: Path) -> None:
    voice = Voice()
    prompt = rendered(PromptCache(tmp_path, [voice]), "да")
    spoil(prompt.path)
    assert rendered(PromptCache(tmp_path, [voice]), "да") == prompt
    assert wav_seconds(prompt.path) == prompt.duration_seconds
    assert len(voice.asked) == 2


def test_a_remembered_prompt_whose_file_is_gone_is_made_anew(tmp_path: Path) -> None:
    voice = Voice()

    async def story() -> None:
        cache = PromptCache(tmp_path, [voice], remembered=1)
        prompt = await cache.render("да", "ru")
        prompt.path.unlink()
        assert await cache.render("да", "ru") == prompt
        await cache.render("нет", "ru")
        assert len(cache._known) == 1

    asyncio.run(story())
    assert voice.asked == ["да", "да", "нет"]


def test_a_disk_that_takes_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "prompts").write_text("in the way")
    with pytest.raises(SynthesisFailed, match="not_stored"):
        rendered(PromptCache(tmp_path, [Voice()]), "да")


def test_personal_prompts_are_purged_when_they_were_not_used_and_permanent_ones_stay(tmp_path: Path) -> None:
    async def story() -> None:
        cache = PromptCache(tmp_path / "данные сервера", [Voice()])
        now = datetime.now(UTC)
        permanent = await cache.render("да", "ru")
        forgotten = await cache.render("Иван", "ru", personal=True)
        in_use = await cache.render("Пётр", "ru", personal=True)
        leftover = permanent.path.with_name(".x.wav.123.part")
        leftover.touch()
        assert forgotten.path.parent.parent == tmp_path / "данные сервера/prompts/personal"
        for path in (permanent.path, forgotten.path, in_use.path, leftover):
            os.utime(path, ((now - YEAR).timestamp(),) * 2)
        assert await cache.render("Пётр", "ru", personal=True) == in_use

        assert await cache.purge(now - timedelta(days=1)) == 2
        assert permanent.path.exists()
        assert in_use.path.exists()
        assert not forgotten.path.exists()
        assert not leftover.exists()
        assert await cache.render("Иван", "ru", personal=True) == forgotten

    asyncio.run(story())


def test_the_built_in_voice_through_the_cache(espeak: Espeak, tmp_path: Path) -> None:
    prompt = rendered(PromptCache(tmp_path, [espeak]), RUSSIAN)
    assert 6 < prompt.duration_seconds < 12
    assert wav_seconds(prompt.path) == prompt.duration_seconds
