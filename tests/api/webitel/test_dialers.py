"""Dialers: what is kept of them, what it means, and what happens when they are started, stopped, reset and deleted."""

from __future__ import annotations

from typing import Any

from api.webitel.conftest import Play
from api.webitel.entrance import CALENDAR, Entrance
from outdial.core.campaign import Campaign
from outdial.core.members import Mode

DIALER = {"name": "d", "type": "Voice Broadcasting", "calendar": {"id": CALENDAR}}
OPEN_CALENDAR = {
    "name": "always",
    "timeZone": {"id": "UTC"},
    "accept": [{"weekDay": day, "startTime": 0, "endTime": 1440} for day in range(1, 8)],
}


async def made(entrance: Entrance, **members: Any) -> str:
    key: str = (await entrance.data("POST", "/api/v2/dialer", DIALER | members))["insertedIds"][0]
    return key


async def calendar(entrance: Entrance, **members: Any) -> dict[str, str]:
    key = (await entrance.data("POST", "/api/v2/calendars", OPEN_CALENDAR | members))["insertedIds"][0]
    return {"id": key, "name": "always"}


async def campaign_of(entrance: Entrance, key: str) -> Campaign:
    found = await entrance.house.operations.campaigns.find(entrance.house.tenant, "webitel", key, None)
    assert found is not None
    return found


def test_a_dialer_starts_sleeps_and_stops(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        key = await made(entrance, calendar=await calendar(entrance))
        path = f"/api/v2/dialer/{key}"

        async def shown() -> tuple[Any, ...]:
            found = await entrance.data("GET", path)
            return found["state"], found["active"], found["_cause"]

        assert await shown() == (0, False, None)
        for _ in range(2):
            assert (await entrance.call("PUT", path + "/state/1")).json == {"status": "OK"}
        assert await shown() == (1, True, "QUEUE_HUNTING")
        assert (await entrance.call("PUT", path + "/state/3")).json == {"status": "OK"}
        assert await shown() == (3, False, "QUEUE_STOP")
        history = await entrance.data("GET", path + "/history")
        assert [(row["action"], row["value"]) for row in history] == [
            ("QUEUE_HUNTING", "Start"),
            ("QUEUE_STOP", "Stop"),
        ]
        never = await calendar(entrance, accept=[])
        await entrance.data("PUT", path, {"calendar": never})
        await entrance.call("PUT", path + "/state/1")
        assert await shown() == (2, True, "QUEUE_SLEEP")

    at_entrance(story)


def test_what_cannot_dial_is_not_started(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        unknown = await made(entrance, type="Carrier Pigeon", calendar=await calendar(entrance))
        without = await made(entrance, calendar={"id": "0" * 24})
        for key in (unknown, without, "f" * 24):
            assert (await entrance.call("PUT", f"/api/v2/dialer/{key}/state/1")).json == {"status": "OK"}
        for key in (unknown, without):
            assert (await entrance.data("GET", f"/api/v2/dialer/{key}"))["state"] == 0
        changed = await made(entrance, calendar=await calendar(entrance))
        await entrance.call("PUT", f"/api/v2/dialer/{changed}/state/1")
        await entrance.data("PUT", f"/api/v2/dialer/{changed}", {"type": "Carrier Pigeon"})
        found = await entrance.data("GET", f"/api/v2/dialer/{changed}")
        assert (found["active"], found["type"]) == (False, "Carrier Pigeon")

    at_entrance(story)


def test_a_change_replaces_whole_members_and_leaves_the_rest(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        key = await made(entrance, parameters={"limit": 5, "cps": 3}, description="old")
        path = f"/api/v2/dialer/{key}"
        sent = {"parameters": {"limit": 7}, "domain": "other", "state": 1, "stats": {}, "_id": "x", "active": True}
        assert await entrance.data("PUT", path, sent) == {"ok": 1, "nModified": 1, "n": 1}
        found = await entrance.data("GET", path)
        assert found["parameters"] == {"limit": 7}
        assert (found["description"], found["domain"], found["state"], found["_id"]) == ("old", "site", 0, key)
        campaign = await campaign_of(entrance, key)
        assert (campaign.settings.lines, campaign.settings.calls_per_second) == (7, 0.0)

    at_entrance(story)


def test_destinations_have_ids_that_stay(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        destination = {"gwName": "g", "dialString": "$1", "gwProto": "sip", "limit": 1, "enabled": True}
        key = await made(entrance, resources=[{"dialedNumber": "(.*)", "destinations": [destination]}])
        path = f"/api/v2/dialer/{key}"
        resources = (await entrance.data("GET", path))["resources"]
        uuid = resources[0]["destinations"][0]["uuid"]
        assert len(uuid) == 36
        await entrance.data("PUT", path, {"resources": resources})
        found = await entrance.data("GET", path)
        assert found["resources"] == resources
        assert found["stats"]["resource"] == {uuid: 0}

    at_entrance(story)


def test_columns_and_pages(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        keys = [await made(entrance, name=f"d{place}") for place in range(3)]
        found = await entrance.data("GET", "/api/v2/dialer?limit=2&page=2&columns=name,stats.active,none")
        assert found == [{"_id": keys[2], "name": "d2", "stats": {"active": 0}}]
        assert len(await entrance.data("GET", "/api/v2/dialer?limit=x&page=-1")) == 3
        assert await entrance.data("GET", "/api/v2/dialer", token=entrance.stranger) == []

    at_entrance(story)


def test_nobody_sees_or_touches_another_domains_dialer(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        path = f"/api/v2/dialer/{await made(entrance)}"
        them = entrance.stranger
        assert await entrance.data("GET", path, token=them) is None
        assert (await entrance.data("PUT", path, {"name": "x"}, token=them))["n"] == 0
        assert (await entrance.data("DELETE", path, token=them))["n"] == 0
        assert (await entrance.data("PUT", path + "/reset", {"resetStats": True}, token=them))["n"] == 0
        assert await entrance.data("GET", path + "/history", token=them) == []
        body = {"agents": [], "skills": []}
        assert await entrance.data("POST", path + "/agents/stats", body, token=them) == []
        assert (await entrance.data("GET", path))["name"] == "d"
        assert (await entrance.call("GET", path, token=entrance.user)).status == 403

    at_entrance(story)


def test_a_reset_needs_leave_while_the_dialer_runs(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        key = await made(entrance, calendar=await calendar(entrance))
        path = f"/api/v2/dialer/{key}"
        await entrance.call("PUT", path + "/state/1")
        await entrance.house.pool.execute("update campaign_counters set calls = 5, bridged = 2")
        assert (await entrance.data("PUT", path + "/reset", {"resetStats": True}))["n"] == 0
        assert (await entrance.data("GET", path))["stats"]["callCount"] == 5
        both = {"resetStats": True, "resetAgents": True, "skipActive": True}
        assert (await entrance.data("PUT", path + "/reset", both))["n"] == 1
        assert (await entrance.data("GET", path))["stats"]["callCount"] == 0
        actions = [row["action"] for row in await entrance.data("GET", path + "/history?sort=%7B%22_id%22%3A-1%7D")]
        assert actions == ["RESET_AGENTS_STATS", "QUEUE_HUNTING"]

    at_entrance(story)


def test_a_deleted_dialer_takes_its_members_with_it(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        key = await made(entrance)
        await entrance.data("POST", f"/api/v2/dialer/{key}/members", {"communications": [{"number": "1"}]})
        assert await entrance.data("DELETE", f"/api/v2/dialer/{key}") == {"ok": 1, "n": 1}
        for table in ("contacts", "numbers", "campaign_history", "scripts", "campaigns"):
            assert await entrance.house.pool.fetchval(f"select count(*) from {table}") == 0
        assert await entrance.data("DELETE", f"/api/v2/dialer/{key}") == {"ok": 1, "n": 0}

    at_entrance(story)


def test_agents_are_shown_with_what_they_did(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        key = await made(entrance, agents=["100@site"], type="Predictive Dialer")
        campaign = await campaign_of(entrance, key)
        assert campaign.settings.members is not None
        assert campaign.settings.members.mode is Mode.PREDICTIVE
        tally = (
            "insert into agent_tallies (campaign_id, agent_id, calls, talk_seconds)"
            " select $1, id, 3, 61.4 from agents where key = '100'"
        )
        await entrance.house.pool.execute(tally, campaign.id)
        path = f"/api/v2/dialer/{key}/agents/stats"
        rows = await entrance.data("POST", path, {"agents": ["100@site"], "skills": []})
        assert [(row["name"], row["call_count"], row["call_time_sec"], row["active"]) for row in rows] == [
            ("100@site", 3, 61, False)
        ]
        assert len(await entrance.data("POST", path, {"agents": [], "skills": ["english"]})) == 1

    at_entrance(story)
