"""Campaigns, scripts and recordings: two who save at once, and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from operations.house import House, house
from outdial.core.campaign import Campaign, CampaignSettings, CampaignState
from outdial.core.contact import NewContact
from outdial.core.errors import Malformed, NotAudio
from outdial.core.facts import CampaignChanged
from outdial.core.prompt import Slot, Text
from outdial.core.script.nodes import Ask, Choice, HangUp, Say, Script
from outdial.operations.scripts import ScriptDraft
from outdial.ports import ScriptRecord

DIALECT = "mikopbx"


def settings(existing: Campaign | None, name: str = "n") -> CampaignSettings:
    return CampaignSettings(name=name, state=CampaignState.RUNNING, script=None, lines=1, calls_per_second=1.0)


def script(*words: str) -> Script:
    nodes = {str(at): Say((Text((word,), "ru-RU"),), str(at + 1)) for at, word in enumerate(words)}
    return Script("0", {**nodes, str(len(words)): HangUp()})


def test_two_who_make_the_same_campaign_make_one(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(database_url, tmp_path) as made, asyncio.TaskGroup() as group:
            contacts = [NewContact(key="1", digits="1")]
            save = made.operations.campaigns.save
            saves = [group.create_task(save(made.tenant, DIALECT, "A", None, settings, contacts)) for _ in range(8)]
            results = [await one for one in saves]
            assert len({campaign.id for campaign, _ in results}) == 1
            assert sum(is_new for _, is_new in results) == 1
            assert await made.pool.fetchval("select count(*) from contacts") == 1
            assert made.bus.heard == [CampaignChanged(results[0][0].id)] * 8

    asyncio.run(story())


def test_two_who_make_the_same_script_make_one(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(database_url, tmp_path) as made, asyncio.TaskGroup() as group:

            def draft(existing: ScriptRecord | None) -> ScriptDraft:
                return ScriptDraft("n", script("a"), {})

            save = made.operations.scripts.save
            saves = [group.create_task(save(made.tenant, DIALECT, "A", None, draft)) for _ in range(8)]
            results = [await one for one in saves]
            assert len({record.id for record, _ in results}) == 1
            assert sum(is_new for _, is_new in results) == 1

    asyncio.run(story())


def test_what_settings_raise_stops_everything(database_url: str, tmp_path: Path) -> None:
    def refuse(existing: Campaign | None) -> CampaignSettings:
        raise Malformed("no")

    async def story() -> None:
        async with house(database_url, tmp_path) as made:
            with pytest.raises(Malformed):
                await made.operations.campaigns.save(made.tenant, DIALECT, "", None, refuse, [])
            assert made.bus.heard == []

    asyncio.run(story())


def test_a_script_that_cannot_be_played_is_refused(database_url: str, tmp_path: Path) -> None:
    broken = [
        Script("a", {"b": HangUp()}),
        Script("a", {"a": Say((), "a")}),
        Script("a", {"a": Ask("q", (), (Choice("1", None, "lost"),))}),
    ]

    async def story() -> None:
        async with house(database_url, tmp_path) as made:
            for one in broken:
                draft = ScriptDraft(None, one, {})
                with pytest.raises(Malformed) as refused:
                    await made.operations.scripts.save(made.tenant, DIALECT, "", None, lambda _, draft=draft: draft)
                assert refused.value.field
            assert await made.operations.scripts.all(made.tenant, DIALECT) == []

    asyncio.run(story())


def test_fixed_words_are_synthesised_once_each(database_url: str, tmp_path: Path) -> None:
    slotted = Say((Text(("Hello ", Slot("name")), "ru-RU"),), "0")
    spoken = script("a", "mute", "b", "a")
    whole = Script("first", {"first": slotted, **spoken.nodes})

    async def story() -> None:
        async with house(database_url, tmp_path) as made:
            draft = ScriptDraft(None, whole, {})
            await made.operations.scripts.save(made.tenant, DIALECT, "", None, lambda _: draft)
            assert made.voice.spoken == ["a", "b"]

    asyncio.run(story())


async def _stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


@pytest.mark.parametrize(
    "name", ["", "a/b", "a\\b", "..", "../x", "a..b", "a\x00b", "a\nb", "\x7f", "x" * 201, " ", ".", "a\ud800"]
)
def test_names_of_recordings(name: str, database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(database_url, tmp_path) as made:
            with pytest.raises(Malformed) as refused:
                await made.operations.recordings.upload(made.tenant, name, _stream(b"sound"))
            assert refused.value.field == "name"
            await made.operations.recordings.remove(made.tenant, name)

    asyncio.run(story())


def _files(made: House) -> list[Path]:
    return sorted(made.audio.iterdir())


def test_two_who_upload_the_same_name_leave_one_pair_of_files(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(database_url, tmp_path) as made:
            async with asyncio.TaskGroup() as group:
                upload = made.operations.recordings.upload
                for at in range(6):
                    group.create_task(upload(made.tenant, "1.mp3", _stream(b"sound", b"%d" % at)))
            (file,) = await made.operations.recordings.all(made.tenant)
            assert _files(made) == sorted([file.path, file.path.with_suffix(".mp3")])
            assert file.seconds == 1.5

    asyncio.run(story())


def test_a_failed_upload_leaves_nothing(database_url: str, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"sound"
        raise ConnectionError("gone")

    async def story() -> None:
        async with house(database_url, tmp_path) as made:
            with pytest.raises(NotAudio):
                await made.operations.recordings.upload(made.tenant, "1.mp3", _stream())
            with pytest.raises(NotAudio):
                await made.operations.recordings.upload(made.tenant, "1.mp3", _stream(b"noise"))
            with pytest.raises(ConnectionError):
                await made.operations.recordings.upload(made.tenant, "1.mp3", broken())
            assert _files(made) == []
            assert await made.operations.recordings.all(made.tenant) == []

    asyncio.run(story())


def test_references_to_recordings(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with house(database_url, tmp_path) as made:
            recordings = made.operations.recordings
            file = await recordings.upload(made.tenant, "1.mp3", _stream(b"sound"))
            wav, mp3 = str(file.path), str(file.path.with_suffix(".mp3"))
            others = [
                "",
                "2.mp3",
                "/etc/passwd",
                str(made.audio),
                f"{made.audio}/x/../{file.path.name}",
                file.path.name,
            ]
            assert await recordings.resolve(made.tenant, [wav, mp3, "1.mp3", *others]) == {
                wav: "1.mp3",
                mp3: "1.mp3",
                "1.mp3": "1.mp3",
            }
            assert await recordings.resolve(made.other_tenant, [wav, "1.mp3"]) == {}

    asyncio.run(story())
