"""Sounds: uploaded, replaced, listed, deleted, and named by polls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from api.mikopbx.door import Door, multipart
from outdial.api.mikopbx import API_PREFIX
from outdial.core.prompt import Recording
from outdial.core.script.nodes import Ask

Play = Callable[..., None]


def content(path: str) -> bytes:
    return Path(path).read_bytes()


def test_the_path_is_that_of_a_file(at_door: Play) -> None:
    async def story(door: Door) -> None:
        for name, suffix in [("1.mp3", ".mp3"), ("2.WAV", ".wav"), ("3.ogg", ".wav"), ("four", ".wav")]:
            path = Path((await door.upload(name, b"sound")).json["data"]["filename"])
            assert path.parent == door.house.audio
            assert path.suffix == suffix
            assert len(path.stem) == 32
            assert content(str(path))
        listed = await door.data("/audio")
        assert [list(file) for file in listed] == [["id", "name", "path"]] * 4
        assert [file["name"] for file in listed] == ["1.mp3", "2.WAV", "3.ogg", "four"]

    at_door(story)


def test_a_second_upload_keeps_the_path(at_door: Play) -> None:
    async def story(door: Door) -> None:
        first = (await door.upload("1.mp3", b"sound one")).json["data"]["filename"]
        second = (await door.upload("1.mp3", b"sound two")).json["data"]["filename"]
        assert first == second
        assert content(first) == b"mp3 of sound two"
        assert len(await door.data("/audio")) == 1
        failed = (await door.upload("1.mp3", b"noise")).json
        assert (failed["result"], failed["data"]) == (False, [])
        assert failed["messages"] == ["error upload file: there is no sound in it"]
        assert content(first) == b"mp3 of sound two"
        assert sorted(file.suffix for file in door.house.audio.iterdir()) == [".mp3", ".wav"]

    at_door(story)


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\\\music\\\\1.mp3", "1.mp3"),
        ("звук 1.mp3", "звук 1.mp3"),
        ("/a/b.wav", "b.wav"),
    ],
)
def test_a_name_is_a_base_name(at_door: Play, sent: str, name: str) -> None:
    async def story(door: Door) -> None:
        assert (await door.upload(sent, b"sound")).json["result"] is True
        assert [file["name"] for file in await door.data("/audio")] == [name]

    at_door(story)


@pytest.mark.parametrize("name", ["..", "a..b.mp3", "a\tb.mp3", "x" * 201, "."])
def test_names_that_cannot_be_kept(at_door: Play, name: str) -> None:
    async def story(door: Door) -> None:
        answer = (await door.upload(name, b"sound")).json
        assert answer["result"] is False
        assert answer["messages"][0].startswith("error upload file: ")
        assert door.local.left == 0
        assert await door.data("/audio") == []

    at_door(story)


def test_bodies_without_a_file(at_door: Play) -> None:
    async def story(door: Door) -> None:
        field = b'--edge\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--edge--\r\n'
        kind = "multipart/form-data; boundary=edge"
        for body, content_type in [
            (b"", ""),
            (b"{}", "application/json"),
            (b"x", "multipart/form-data"),
            (field, kind),
            (multipart("", b"sound")[0], kind),
            (multipart("", b"")[0], kind),
        ]:
            reply = await door.local.call("POST", API_PREFIX + "/audio", body, {"Content-Type": content_type})
            assert (reply.status, reply.json["result"], reply.json["data"]) == (200, False, [])
            assert reply.json["messages"] == ["error upload file: file is empty"]
        empty = (await door.upload("1.mp3", b"")).json
        assert empty["messages"] == ["error upload file: the file is empty"]
        assert await door.data("/audio") == []

    at_door(story)


def test_broken_bodies(at_door: Play) -> None:
    async def story(door: Door) -> None:
        body, kind = multipart("1.mp3", b"sound")
        for broken in (body[:-12], b"nonsense", body.replace(b"--edge\r\nC", b"--edge\r\n:C"), body[:30]):
            reply = await door.local.call("POST", API_PREFIX + "/audio", [broken], {"Content-Type": kind})
            assert (reply.status, reply.json["result"]) == (200, False)
            assert reply.json["messages"]
        assert await door.data("/audio") == []
        assert list(door.house.audio.glob("*")) == []

    at_door(story)


def test_a_sound_that_the_house_cannot_keep(at_door: Play) -> None:
    async def story(door: Door) -> None:
        door.house.audio.write_text("a file where the folder should be")
        answer = (await door.upload("1.mp3", b"sound")).json
        assert (answer["result"], answer["data"]) == (False, [])
        assert answer["messages"] == ["error upload file: fail mv fail to /tmp"]
        assert door.local.left == 0
        assert await door.data("/audio") == []

    at_door(story)


def test_the_first_file_counts_whatever_its_part_is_called(at_door: Play) -> None:
    async def story(door: Door) -> None:
        field = b'--edge\r\nContent-Disposition: form-data; name="a"\r\n\r\nnot a file\r\n'
        second = b'--edge\r\nContent-Disposition: form-data; name="b"; filename="2.mp3"\r\n\r\nnoise\r\n--edge--\r\n'
        body, kind = multipart("1.mp3", b"sound", before=field)
        whole = body.removesuffix(b"--edge--\r\n") + second
        chunks = [whole[at : at + 7] for at in range(0, len(whole), 7)]
        reply = await door.local.call("POST", API_PREFIX + "/audio", chunks, {"Content-Type": kind})
        assert reply.json["result"] is True
        assert content(reply.json["data"]["filename"]) == b"mp3 of sound"
        assert [file["name"] for file in await door.data("/audio")] == ["1.mp3"]

    at_door(story)


def test_deleting(at_door: Play) -> None:
    async def story(door: Door) -> None:
        path = (await door.upload("звук 1.mp3", b"sound")).json["data"]["filename"]
        name = "%D0%B7%D0%B2%D1%83%D0%BA%201.mp3"
        for target in (name, name, "unknown.mp3", "..", "%00"):
            reply = await door.local.call("DELETE", f"{API_PREFIX}/audio/{target}")
            assert (reply.json["result"], reply.json["data"], reply.json["messages"]) == (True, [], [])
        assert await door.data("/audio") == []
        assert path not in map(str, door.house.audio.iterdir())
        assert list(door.house.audio.iterdir()) == []

    at_door(story)


def test_a_poll_may_name_a_sound_by_path_or_name(at_door: Play) -> None:
    async def story(door: Door) -> None:
        path = (await door.upload("1.mp3", b"sound")).json["data"]["filename"]
        wav = str(Path(path).with_suffix(".wav"))
        outside = [f"{path}/../1.mp3", "/etc/passwd", "2.mp3", str(door.house.audio), path.upper(), ""]
        for reference in [path, wav, "1.mp3", *outside]:
            question = {"questionText": "words", "questionFile": reference}
            made = await door.data("/polling", {"questions": [question]})
            record = await door.house.operations.scripts.by_number(door.house.tenant, "mikopbx", int(made["id"]))
            assert record is not None
            node = record.script.nodes["question 0"]
            assert isinstance(node, Ask)
            assert (node.prompt == (Recording("1.mp3"),)) == (reference not in outside)
            shown = await door.data(f"/polling/{made['id']}")
            assert shown["questions"][0]["questionFile"] == reference

    at_door(story)
