"""Uploads: any sound gives a telephone wav and its mp3, anything else is refused and leaves nothing behind."""

from __future__ import annotations

import asyncio
import math
import os
import random
import struct
import wave
from array import array
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outdial.core.errors import NotAudio
from outdial.drivers.speech.audio import AudioLimits, AudioWorkshop, Reason, UnusableAudio, convert, duration_seconds
from outdial.drivers.speech.telephone import SMALLEST_FILE, wav_bytes, wav_seconds

pytestmark = pytest.mark.slow

FORMS = {
    "mp3": ("mp3", "libmp3lame", 44100, "stereo", {}),
    "wav": ("wav", "pcm_s16le", 48000, "stereo", {}),
    "float-wav": ("wav", "pcm_f32le", 96000, "mono", {}),
    "six-channels": ("wav", "pcm_s16le", 44100, "5.1", {}),
    "alaw": ("wav", "pcm_alaw", 8000, "mono", {}),
    "telephone": ("wav", "pcm_s16le", 8000, "mono", {}),
    "slow-wav": ("wav", "pcm_u8", 6000, "mono", {}),
    "vorbis": ("ogg", "vorbis", 44100, "stereo", {"strict": "-2"}),
    "opus": ("ogg", "libopus", 48000, "mono", {}),
    "webm": ("webm", "libopus", 48000, "stereo", {}),
    "m4a": ("ipod", "aac", 44100, "stereo", {}),
    "adts": ("adts", "aac", 22050, "mono", {}),
    "flac": ("flac", "flac", 44100, "stereo", {}),
}


def tone(
    path: Path, form: str, *, seconds: float = 2.0, hertz: float = 440, amplitude: float = 0.5, mux: str = ""
) -> Path:
    """Write a sine tone."""
    container, codec, rate, layout, options = FORMS[form]
    with av.open(str(path), "w", format=container, options={"movflags": mux} if mux else {}) as file:
        track = file.add_stream(codec, rate=rate, layout=layout, options=options)
        channels = track.codec_context.layout.nb_channels
        count = int(rate * seconds)
        wavelet = (amplitude * math.sin(2 * math.pi * hertz * at / rate) for at in range(count))
        samples = array("f", (value for value in wavelet for _ in range(channels)))
        frame = av.AudioFrame(format="flt", layout=layout, samples=count)
        frame.planes[0].update(samples.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate = rate
        file.mux(track.encode(frame))
        file.mux(track.encode(None))
    return path


def sound(path: Path) -> array[int]:
    """The samples of a telephone wav."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        return array("h", file.readframes(file.getnframes()))


def refusal(source: Path, target: Path, limits: AudioLimits | None = None) -> Reason:
    """Why a file is refused; nothing may be left of it."""
    target.parent.mkdir(exist_ok=True)
    before = sorted(os.listdir(target.parent))
    with pytest.raises(UnusableAudio) as caught:
        convert(source, target, limits)
    assert isinstance(caught.value, NotAudio)
    assert len(caught.value.message) > 20
    assert sorted(os.listdir(target.parent)) == before
    return caught.value.reason


@pytest.mark.parametrize("form", FORMS)
def test_any_sound_becomes_a_telephone_wav_and_its_mp3(form: str, tmp_path: Path) -> None:
    target = tmp_path / "звук 1.wav"
    seconds = convert(tone(tmp_path / "upload", form), target)

    assert seconds == pytest.approx(2.0, abs=0.12)
    assert wav_seconds(target) == seconds == duration_seconds(target)
    assert duration_seconds(tmp_path / "upload") == pytest.approx(seconds)
    assert sorted(os.listdir(tmp_path)) == ["upload", "звук 1.mp3", "звук 1.wav"]
    with av.open(str(target.with_suffix(".mp3"))) as mp3:
        track = mp3.streams.audio[0]
        assert (track.rate, track.layout.name, track.bit_rate) == (8000, "mono", 16_000)
    assert duration_seconds(target.with_suffix(".mp3")) == pytest.approx(seconds, abs=0.2)


@pytest.mark.parametrize("form", ["mp3", "wav", "flac", "alaw", "telephone"])
def test_the_level_of_an_upload_stays(form: str, tmp_path: Path) -> None:
    convert(tone(tmp_path / "upload", form), tmp_path / "a.wav")
    assert max(sound(tmp_path / "a.wav")[2000:-2000]) == pytest.approx(0.5 * 32768, rel=0.05)


def test_what_a_telephone_cannot_carry_vanishes_instead_of_folding_down(tmp_path: Path) -> None:
    convert(tone(tmp_path / "upload", "flac", hertz=5500, amplitude=0.9), tmp_path / "a.wav")
    # Away from the ends, where the tone is switched on and off; -60 dB of full scale is 32.
    assert max(map(abs, sound(tmp_path / "a.wav")[2000:-2000])) <= 16


def test_the_sound_of_a_video(tmp_path: Path) -> None:
    upload = tmp_path / "clip.mp4"
    with av.open(str(upload), "w") as file:
        picture = file.add_stream("mpeg4", rate=5)
        picture.width = picture.height = 64
        track = file.add_stream("aac", rate=44100, layout="mono")
        for at in range(5):
            image = av.VideoFrame(64, 64, "yuv420p")
            for plane in image.planes:
                plane.update(bytes(plane.buffer_size))
            image.pts, image.time_base = at, Fraction(1, 5)
            file.mux(picture.encode(image))
        frame = av.AudioFrame(format="fltp", layout="mono", samples=44100)
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        frame.sample_rate = 44100
        for part in (track.encode(frame), picture.encode(None), track.encode(None)):
            file.mux(part)
    assert convert(upload, tmp_path / "a.wav") == pytest.approx(1.0, abs=0.05)


def test_a_sound_that_changes_its_form_on_the_way(tmp_path: Path) -> None:
    one, two = tone(tmp_path / "1", "mp3"), tmp_path / "2"
    with av.open(str(two), "w", format="mp3") as file:
        track = file.add_stream("libmp3lame", rate=22050, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=22050)
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        frame.sample_rate = 22050
        file.mux(track.encode(frame))
        file.mux(track.encode(None))
    (tmp_path / "upload").write_bytes(one.read_bytes() + two.read_bytes())
    assert convert(tmp_path / "upload", tmp_path / "a.wav") == pytest.approx(3.0, abs=0.2)


def test_a_streamed_wav_that_does_not_know_its_length(tmp_path: Path) -> None:
    upload = tone(tmp_path / "upload", "wav")
    content = bytearray(upload.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = b"\xff\xff\xff\xff"
    upload.write_bytes(content)
    assert convert(upload, tmp_path / "a.wav") == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize("form", ["mp3", "wav", "vorbis", "opus", "m4a", "flac"])
@pytest.mark.parametrize("share", [0.01, 0.5])
def test_a_truncated_file_is_refused(form: str, share: float, tmp_path: Path) -> None:
    content = tone(tmp_path / "upload", form, seconds=4).read_bytes()
    (tmp_path / "upload").write_bytes(content[: int(len(content) * share)])
    assert refusal(tmp_path / "upload", tmp_path / "out/a.wav") in (Reason.TRUNCATED, Reason.NOT_AUDIO)


def test_a_truncated_m4a_whose_index_comes_first(tmp_path: Path) -> None:
    upload = tone(tmp_path / "upload", "m4a", seconds=4, mux="faststart")
    upload.write_bytes(upload.read_bytes()[: upload.stat().st_size // 2])
    assert refusal(upload, tmp_path / "out/a.wav") is Reason.TRUNCATED


@pytest.mark.parametrize(
    "content",
    [
        b"GIF89a not a picture either",
        b"<html><body>404 Not Found</body></html>",
        b"\0" * 5000,
        b"RIFF\xff\xff\xff\xffWAVEfmt ",
        b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + b"\0" * 100,
        wav_bytes(b""),
        random.Random(7).randbytes(200_000),
    ],
    ids=["gif", "html", "zeros", "half-header", "only-a-tag", "no-samples", "noise"],
)
def test_what_is_no_audio_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "upload").write_bytes(content)
    assert refusal(tmp_path / "upload", tmp_path / "out/a.wav") is Reason.NOT_AUDIO


def test_an_empty_and_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "upload").touch()
    assert refusal(tmp_path / "upload", tmp_path / "out/a.wav") is Reason.EMPTY
    with pytest.raises(FileNotFoundError):
        convert(tmp_path / "nowhere", tmp_path / "a.wav")


def test_a_playlist_reads_no_file_of_ours(tmp_path: Path) -> None:
    ours = tone(tmp_path / "secret.wav", "wav")
    for playlist in (
        f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:5,\nfile://{ours}\n#EXT-X-ENDLIST\n",
        f"ffconcat version 1.0\nfile '{ours}'\n",
    ):
        (tmp_path / "upload").write_text(playlist)
        assert refusal(tmp_path / "upload", tmp_path / "out/a.wav") is Reason.NOT_AUDIO


def test_a_small_file_of_endless_silence_stops_at_the_limit(tmp_path: Path) -> None:
    bomb = tone(tmp_path / "upload", "flac", seconds=20, amplitude=0)
    assert bomb.stat().st_size < 20_000
    assert refusal(bomb, tmp_path / "out/a.wav", AudioLimits(longest_seconds=5)) is Reason.TOO_LONG
    with pytest.raises(UnusableAudio):
        duration_seconds(bomb, AudioLimits(longest_seconds=5))


def test_a_file_over_the_limit_is_not_even_opened(tmp_path: Path) -> None:
    limits = AudioLimits(largest_bytes=1000)
    assert refusal(tone(tmp_path / "upload", "wav"), tmp_path / "out/a.wav", limits) is Reason.TOO_LARGE


@pytest.mark.parametrize("rate", [1, 999, 4_000_000_000])
def test_an_absurd_rate_is_refused(rate: int, tmp_path: Path) -> None:
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 4036, b"WAVE", b"fmt ", 16, 1, 1, rate, rate, 2, 16, b"data", 4000
    )
    (tmp_path / "upload").write_bytes(header + bytes(4000))
    assert refusal(tmp_path / "upload", tmp_path / "out/a.wav") in (Reason.UNSUPPORTED, Reason.NOT_AUDIO)


def test_a_failed_replacement_keeps_the_old_sound(tmp_path: Path) -> None:
    target = tmp_path / "a.wav"
    convert(tone(tmp_path / "upload", "mp3"), target)
    before = target.read_bytes(), target.with_suffix(".mp3").read_bytes()
    (tmp_path / "upload").write_bytes(b"no sound")
    refusal(tmp_path / "upload", target)
    assert (target.read_bytes(), target.with_suffix(".mp3").read_bytes()) == before


def test_a_sound_can_be_converted_in_its_place(tmp_path: Path) -> None:
    target = tone(tmp_path / "a.wav", "wav")
    assert convert(target, target) == wav_seconds(target) == pytest.approx(2.0)


def test_a_target_must_be_a_wav(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.wav"):
        convert(tone(tmp_path / "upload", "wav"), tmp_path / "a.mp3")


def test_the_workshop_converts_several_at_once(tmp_path: Path) -> None:
    upload = tone(tmp_path / "upload", "mp3")

    async def story() -> list[float]:
        with AudioWorkshop() as workshop:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(workshop.convert(upload, tmp_path / f"{at}.wav")) for at in range(6)]
            with pytest.raises(UnusableAudio):
                await workshop.convert(Path(__file__), tmp_path / "x.wav")
            assert await workshop.duration_seconds(tmp_path / "0.wav") == pytest.approx(2.0)
            return [task.result() for task in tasks]

    assert asyncio.run(story()) == [pytest.approx(2.0)] * 6


def damaged(spoil: Callable[[bytearray, random.Random], None], form: str, seed: int, folder: Path) -> Path:
    """A tone with some bytes spoiled."""
    content = bytearray(tone(folder / "upload", form, seconds=0.3).read_bytes())
    spoil(content, random.Random(seed))
    (folder / "upload").write_bytes(content)
    return folder / "upload"


@settings(max_examples=60, deadline=None)
@given(form=st.sampled_from(sorted(FORMS)), seed=st.integers(0, 10_000), share=st.floats(0.0001, 0.2))
def test_a_damaged_file_gives_a_sound_or_a_refusal(
    form: str, seed: int, share: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("damaged")

    def spoil(content: bytearray, chance: random.Random) -> None:
        for _ in range(max(1, int(len(content) * share))):
            content[chance.randrange(len(content))] = chance.randrange(256)

    upload = damaged(spoil, form, seed, folder)
    try:
        seconds = convert(upload, folder / "a.wav", AudioLimits(longest_seconds=60))
    except UnusableAudio:
        assert os.listdir(folder) == ["upload"]
    else:
        assert seconds == pytest.approx(len(sound(folder / "a.wav")) / 8000)
        assert sorted(os.listdir(folder)) == ["a.mp3", "a.wav", "upload"]


@given(content=st.binary(max_size=600))
def test_only_a_whole_telephone_wav_has_a_length(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.wav"
    whole = wav_bytes(bytes(2000))
    path.write_bytes(whole)
    assert wav_seconds(path) == 0.125
    path.write_bytes(whole[:-1])
    assert wav_seconds(path) is None
    path.write_bytes(wav_bytes(bytes(SMALLEST_FILE - 44)))
    assert wav_seconds(path) is None
    for spoiled in (content, whole[:20] + content, content + whole):
        path.write_bytes(spoiled)
        assert wav_seconds(path) is None or spoiled.startswith(b"RIFF")
