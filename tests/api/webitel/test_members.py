"""Members: how they come in, what is seen of them, what a reported result and a manager do to them, and who may not."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from api.webitel.conftest import Play
from api.webitel.entrance import Entrance
from api.webitel.test_dialers import DIALER, calendar, campaign_of, made
from outdial.core.facts import CampaignChanged

IVAN = {
    "name": "Ivan Ivanov",
    "priority": 10,
    "variables": {"productId": "235444", "n": 5, "none": None},
    "communications": [
        {"number": "380911234567", "priority": 5, "type": "1", "description": "new"},
        {"number": "380921234567", "priority": 1, "description": "old one"},
    ],
    "expire": 1497992400000,
    "own": {"any": ["thing"]},
}
PETER = {"name": "Peter", "communications": [{"number": "+49301234", "color": "red"}]}
ANNA = {"name": "anna", "priority": 3, "communications": [{"number": "38044"}]}


class Dialer:
    """A dialer with members, and what a caller does to them."""

    def __init__(self, entrance: Entrance, key: str) -> None:
        self.entrance = entrance
        self.key = key
        self.path = f"/api/v2/dialer/{key}/members"

    async def add(self, *members: Any) -> list[str]:
        keys: list[str] = (await self.entrance.data("POST", self.path, list(members)))["insertedIds"]
        return keys

    async def get(self, key: str) -> Any:
        return await self.entrance.data("GET", f"{self.path}/{key}")

    async def put(self, key: str, body: Any, then: str = "") -> tuple[int, Any]:
        reply = await self.entrance.call("PUT", f"{self.path}/{key}{then}", body)
        return reply.status, reply.json.get("info")

    async def status(self, key: str, **body: Any) -> tuple[int, Any]:
        return await self.put(key, body, "/status")

    async def find(self, **query: Any) -> list[Any]:
        asked = "&".join(f"{name}={quote(json.dumps(value))}" for name, value in query.items())
        rows: list[Any] = await self.entrance.data("GET", f"{self.path}?{asked}")
        return rows

    async def names(self, **query: Any) -> list[str]:
        return [row["name"] for row in await self.find(**query)]

    async def set(self, key: str, changes: str) -> None:
        await self.entrance.house.pool.execute(f"update contacts set {changes} where key = $1", key)

    async def call(self, key: str, position: int = 0, agent: str | None = None) -> str:
        """An attempt at a member, under way."""
        id = str(uuid4())
        await self.set(key, "state = 'in_call', attempts_made = attempts_made + 1")
        await self.entrance.house.pool.execute(
            "insert into attempts (id, tenant_id, campaign_id, contact_id, try_number, ordinal, state, digits, number,"
            " trunk, caller, position, type, agent, reserved_at)"
            " select $1, c.tenant_id, c.campaign_id, c.id, c.try_number, c.attempts_made, 'joined', '38', '38', 'gate', '',"
            " $3, '1', $4, $5 from contacts c where key = $2",
            id,
            key,
            position,
            agent,
            self.entrance.house.clock.now(),
        )
        return id

    async def hang_up(self, key: str, *, wait: bool = True) -> None:
        """The call is over, and its result is waited for."""
        ended = "state = 'ended', cause = 'NORMAL_CLEARING', talk_seconds = 12.4, q850_cause = 16, ended_at = now()"
        await self.entrance.house.pool.execute(f"update attempts set {ended}")
        until = self.entrance.house.clock.now() + timedelta(seconds=60)
        await self.set(key, f"state = 'waiting', result_until = {repr(str(until)) if wait else 'null'}")

    async def notices(self) -> list[Any]:
        rows = await self.entrance.house.pool.fetch("select event, document from notices order by id")
        assert {row["event"] for row in rows} <= {"engine::dialer_member_end"}
        return [json.loads(row["document"]) for row in rows]


async def predictive(entrance: Entrance, **parameters: Any) -> Dialer:
    wanted = {"waitingForResultStatus": True, "maxTryCount": 3, "intervalTryCount": 100} | parameters
    return Dialer(
        entrance, await made(entrance, type="Predictive Dialer", parameters=wanted, variables={"v": "1", "n": "0"})
    )


def test_members_come_in_and_are_seen(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        dialer = await predictive(entrance)
        keys = await dialer.add(IVAN, PETER)
        assert keys == sorted(keys)
        assert len(set(keys)) == 2
        assert all(len(key) == 24 for key in keys)
        found = await dialer.get(keys[0])
        assert {name: found[name] for name in ("name", "priority", "variables", "expire", "own")} == {
            name: IVAN[name] for name in ("name", "priority", "variables", "expire", "own")
        }
        assert (found["_id"], found["dialer"], found["domain"]) == (keys[0], dialer.key, "site")
        assert (found["_probeCount"], found["_endCause"], found["_lock"], found["_log"]) == (0, None, None, [])
        assert found["_maxTryCount"] == 3
        assert [(one["number"], one["state"], one["_id"]) for one in found["communications"]] == [
            ("380911234567", 0, 0),
            ("380921234567", 0, 1),
        ]
        assert (await dialer.get(keys[1]))["communications"][0]["color"] == "red"
        row = await entrance.house.pool.fetchrow("select * from contacts where key = $1", keys[0])
        assert json.loads(row["variables"]) == {"v": "1", "n": "5", "productId": "235444", "domain_name": "site"}
        assert (row["digits"], row["state"], row["priority"]) == ("", "waiting", 10)
        assert CampaignChanged((await campaign_of(entrance, dialer.key)).id) in entrance.house.bus.heard

    at_entrance(story)


def test_a_thousand_members_keep_their_order(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        dialer = await predictive(entrance)
        members = [{"name": f"{place}", "communications": [{"number": f"{place}"}]} for place in range(500)]
        keys = await dialer.add(*members)
        rows = await entrance.data("GET", f"{dialer.path}?limit=1000")
        assert [row["_id"] for row in rows] == keys
        assert [row["name"] for row in rows] == [one["name"] for one in members]
        assert await entrance.data("GET", dialer.path + "/count") == 500
        assert len(await dialer.find()) == 40

    at_entrance(story)


def test_auto_run_starts_the_dialer(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        key = await made(entrance, calendar=await calendar(entrance))
        await entrance.data("POST", f"/api/v2/dialer/{key}/members?autoRun=True", PETER)
        assert (await entrance.data("GET", f"/api/v2/dialer/{key}"))["state"] == 0
        await entrance.data("POST", f"/api/v2/dialer/{key}/members?autoRun=true", PETER)
        assert (await entrance.data("GET", f"/api/v2/dialer/{key}"))["state"] == 1

    at_entrance(story)


def test_lists_are_filtered_sorted_and_cut(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        dialer = await predictive(entrance)
        keys = await dialer.add(IVAN, PETER, ANNA)
        await dialer.set(keys[1], "end_cause = 'MAX_TRY_COUNT', state = 'done'")
        await dialer.call(keys[2])
        assert await dialer.names(filter={"communications.number": {"$regex": "^38"}}) == ["Ivan Ivanov", "anna"]
        assert await dialer.names(filter={"communications.type": "1"}) == ["Ivan Ivanov"]
        assert await dialer.names(filter={"name": {"$regex": "^AN", "$options": "i"}}) == ["anna"]
        assert await dialer.names(filter={"_endCause": {"$regex": "^MAX"}}) == ["Peter"]
        assert await dialer.names(filter={"_lock": {"$ne": None}}) == ["anna"]
        assert await dialer.names(filter={"_lock": None, "_endCause": None}) == ["Ivan Ivanov"]
        assert await dialer.names(filter={"priority": {"$gte": 3}}, sort={"priority": 1}) == ["anna", "Ivan Ivanov"]
        assert await dialer.names(filter={"own.any": "thing"}) == ["Ivan Ivanov"]
        assert await dialer.names(filter={"variables.productId": "235444"}) == ["Ivan Ivanov"]
        assert await dialer.names(filter={"communications": {"$elemMatch": {"priority": 5, "state": 0}}}) == [
            "Ivan Ivanov"
        ]
        assert await dialer.names(filter={"communications": {"$elemMatch": {"priority": 5, "type": None}}}) == []
        assert await dialer.names(filter={"communications.color": {"$exists": True}}) == ["Peter"]
        assert await dialer.names(filter={"communications.0.number": "38044"}) == ["anna"]
        assert await dialer.names(filter={"_id": {"$in": keys[:1]}}) == ["Ivan Ivanov"]
        assert await dialer.names(filter={"_log.callNumber": "38044"}) == ["anna"]
        assert await dialer.names(sort={"communications.number": -1}) == ["Ivan Ivanov", "anna", "Peter"]
        assert await dialer.names(sort={"name": 1}) == ["Ivan Ivanov", "Peter", "anna"]
        assert await dialer.find(filter={"name": "Peter"}, columns={"name": 1, "communications.number": 1}) == [
            {"_id": keys[1], "name": "Peter", "communications": [{"number": "+49301234"}]}
        ]
        assert await entrance.data("GET", dialer.path + "/count?filter=" + quote('{"priority": 10}')) == 1
        assert await dialer.names(limit=2, page=2) == ["anna"]
        assert len(await entrance.data("GET", dialer.path + "?filter=%7Bbroken&sort=x&columns=y")) == 3

    at_entrance(story)


@pytest.mark.parametrize(
    "filter", [{"$where": "1"}, {"a": {"$regex": "("}}, {"a": {"$type": 2}}, [], {"$or": 1}, {"a": {"$gt": []}}]
)
def test_a_filter_that_is_not_understood_is_refused(filter: Any, at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        dialer = await predictive(entrance)
        await dialer.add(IVAN | {"a": "x"})
        asked = f"filter={quote(json.dumps(filter))}"
        for path in (f"{dialer.path}?{asked}", f"{dialer.path}/count?{asked}"):
            reply = await entrance.call("GET", path)
            assert (reply.status, reply.json["status"]) == (400, "error")
            assert reply.json["info"]
        if isinstance(filter, dict):
            assert (await entrance.call("DELETE", dialer.path, filter)).status == 400
            assert (await entrance.call("POST", dialer.path + "/aggregate", [{"$match": filter}])).status == 400
        assert len(await dialer.find()) == 1

    at_entrance(story)


def test_members_are_aggregated(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        dialer = await predictive(entrance)
        await dialer.add(IVAN, PETER, ANNA)
        causes = [{"$group": {"_id": "$_endCause", "count": {"$sum": 1}}}]
        assert await entrance.data("POST", dialer.path + "/aggregate", causes) == [{"_id": None, "count": 3}]
        numbers = [
            {"$match": {"name": {"$ne": "Peter"}}},
            {"$unwind": "$communications"},
            {"$group": {"_id": "$communications.state", "numbers": {"$push": "$communications.number"}}},
        ]
        assert await entrance.data("POST", dialer.path + "/aggregate", numbers) == [
            {"_id": 0, "numbers": ["380911234567", "380921234567", "38044"]}
        ]

    at_entrance(story)


def test_a_change_keeps_what_calls_left_on_the_numbers(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        dialer = await predictive(entrance)
        (key,) = await dialer.add(IVAN)
        left = "open = false, stopped = true, attempts = 2, range_id = '1_2_3', range_attempts = 1"
        await entrance.house.pool.execute(f"update numbers set {left} where position = 1")
        before = await dialer.get(key)
        sent = before | {
            "name": "Ivan II",
            "_id": "x",
            "dialer": "y",
            "_probeCount": 99,
            "communications": [
                {"number": "3", "state": 2, "type": "2"},
                {"number": "380921234567", "priority": 8, "state": 0, "_probe": 0, "stopCommunication": False},
            ],
            "variables": {"v": "own"},
        }
        assert await entrance.data("PUT", f"{dialer.path}/{key}", sent) == {"ok": 1, "nModified": 1, "n": 1}
        after = await dialer.get(key)
        assert (after["name"], after["_id"], after["dialer"], after["_probeCount"]) == ("Ivan II", key, dialer.key, 0)
        assert after["own"] == IVAN["own"]
        shown = {one["number"]: one for one in after["communications"]}
        assert set(shown) == {"3", "380921234567"}
        assert (shown["3"]["state"], shown["3"]["type"]) == (0, "2")
        kept = shown["380921234567"]
        assert (kept["state"], kept["priority"], kept["_probe"], kept["stopCommunication"]) == (2, 8, 2, True)
        assert (kept["rangeId"], kept["rangeAttempts"]) == ("1_2_3", 1)
        variables = await entrance.house.pool.fetchval("select variables from contacts")
        assert json.loads(variables) == {"v": "own", "n": "0", "domain_name": "site"}
        assert await dialer.put("f" * 24, {"name": "x"}) == (404, f"Member {'f' * 24} not found")
        await dialer.call(key)
        assert await dialer.put(key, {"name": "x"}) == (406, f"Member {key} locked")

    at_entrance(story)


def test_variables_of_the_dialer_reach_open_members(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        dialer = await predictive(entrance)
        await dialer.add(IVAN, PETER)
        await entrance.data("PUT", f"/api/v2/dialer/{dialer.key}", {"variables": {"n": "7", "new": True}})
        rows = await entrance.house.pool.fetch("select variables from contacts order by id")
        assert [json.loads(row["variables"]) for row in rows] == [
            {"n": "5", "new": "true", "productId": "235444", "domain_name": "site"},
            {"n": "7", "new": "true", "domain_name": "site"},
        ]

    at_entrance(story)


def test_members_are_deleted_but_not_in_a_call(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        dialer = await predictive(entrance)
        ivan, peter, anna = await dialer.add(IVAN, PETER, ANNA)
        await dialer.call(ivan)
        for key in (ivan, "f" * 24):
            reply = await entrance.call("DELETE", f"{dialer.path}/{key}")
            assert (reply.status, reply.json["info"]) == (406, "Not Acceptable")
        assert await entrance.data("DELETE", f"{dialer.path}/{peter}") == {"ok": 1, "n": 1}
        assert (await entrance.call("DELETE", dialer.path)).json["info"] == "Bad request: filter is required."
        assert await entrance.data("DELETE", dialer.path, {"name": "nobody"}) == {"ok": 1, "n": 0}
        assert await entrance.data("DELETE", dialer.path, {}) == {"ok": 1, "n": 1}
        assert [row["_id"] for row in await dialer.find()] == [ivan]
        assert await dialer.get(anna) is None

    at_entrance(story)


def test_a_result_after_the_call_is_settled_at_once(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        dialer = await predictive(entrance)
        (key,) = await dialer.add(IVAN)
        session = await dialer.call(key, agent="100")
        assert (await dialer.get(key))["_waitingForResultStatusCb"] == 1
        await dialer.hang_up(key)
        sent = {"success": False, "next_after_sec": 3600, "next_communication": "380910000000", "description": "later"}
        assert await dialer.status(key, stop_communications=["380921234567"], **sent) == (200, "success")
        found = await dialer.get(key)
        now = entrance.house.clock.now().timestamp() * 1000
        assert found["_nextTryTime"] == now + 3_600_000
        shown = {one["number"]: one for one in found["communications"]}
        assert shown["380921234567"]["stopCommunication"] is True
        assert (shown["380910000000"]["priority"], shown["380910000000"]["state"]) == (100, 0)
        (log,) = found["_log"]
        assert (log["session"], log["agentId"], log["talkSec"], log["cause"]) == (
            session,
            "100@site",
            12,
            "NORMAL_CLEARING",
        )
        assert log["callback"]["data"]["description"] == "later"
        assert log["callback"]["time"] == now
        assert (found["_endCause"], found["_waitingForResultStatusCb"]) == (None, None)
        assert await dialer.notices() == []
        assert await dialer.status(key, success=True) == (400, f"Member {key}: result status false")
        (late,) = (await dialer.get(key))["_callback"]
        assert (late["timeout"], late["data"]) == (True, {"success": True})

    at_entrance(story)


def test_a_success_ends_the_member_and_is_told(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        dialer = await predictive(entrance)
        (key,) = await dialer.add(IVAN)
        session = await dialer.call(key, agent="100")
        await dialer.hang_up(key)
        resting = "update agents set ready_at = $1 where key = '100'"
        await entrance.house.pool.execute(resting, entrance.house.clock.now() + timedelta(seconds=60))
        assert await dialer.status(key, success=True) == (200, "success")
        ready_at = await entrance.house.pool.fetchval("select ready_at from agents where key = '100'")
        assert ready_at == entrance.house.clock.now() + timedelta(seconds=2)
        found = await dialer.get(key)
        assert (found["_endCause"], found["callSuccessful"], found["_nextTryTime"]) == ("NORMAL_CLEARING", True, None)
        assert {one["state"] for one in found["communications"]} == {2}
        (told,) = await dialer.notices()
        assert told == {
            "dialerId": dialer.key,
            "dialerName": "d",
            "id": key,
            "name": "Ivan Ivanov",
            "currentNumber": "380911234567",
            "dlr_member_number_description": "new",
            "currentProbe": 1,
            "session": session,
            "endCause": "NORMAL_CLEARING",
            "expire": 1497992400000,
            "agentId": "100@site",
            "reason": "callback",
            "callback_user_id": told["callback_user_id"],
            "variable_domain_name": "site",
            "variable_productId": "235444",
            "variable_n": "5",
            "variable_v": "1",
        }
        assert told["callback_user_id"].endswith("@site")

    at_entrance(story)


def test_attempts_that_are_used_up_end_the_member_unless_they_are_reset(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        dialer = await predictive(entrance, maxTryCount=1)
        one, other = await dialer.add(IVAN, IVAN)
        for key in (one, other):
            await dialer.call(key)
            await dialer.hang_up(key)
        assert await dialer.status(one, success="true") == (200, "success")
        assert (await dialer.get(one))["_endCause"] == "MAX_TRY_COUNT"
        assert await dialer.status(other, success=False, reset_retries=True, next_after_sec=0) == (200, "success")
        found = await dialer.get(other)
        assert (found["_endCause"], found["_probeCount"]) == (None, 0)

    at_entrance(story)


def test_a_result_during_the_call_waits_for_its_end(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        dialer = await predictive(entrance)
        (key,) = await dialer.add(IVAN)
        await dialer.call(key)
        assert await dialer.status(key, success=False, stop_communications="all", next_after_sec=5) == (200, "success")
        found = await dialer.get(key)
        assert (found["_lock"], found["_endCause"], found["_waitingForResultStatusCb"]) == ("outdial", None, None)
        assert found["_log"][0]["callback"]["data"]["stop_communications"] == "all"
        kept = json.loads(await entrance.house.pool.fetchval("select report from contacts"))
        assert (kept["success"], kept["stop"], kept["next_after_seconds"]) == (False, "all", 5)
        assert await dialer.status(key, success=True) == (400, f"Member {key}: result status false")
        (again,) = (await dialer.get(key))["_callback"]
        assert again["timeout"] is False
        await dialer.hang_up(key)
        assert (await dialer.get(key))["_waitingForResultStatusCb"] is None
        assert await dialer.status(key, success=True) == (400, f"Member {key}: result status false")
        assert len((await dialer.get(key))["_callback"]) == 2

    at_entrance(story)


def test_errors_of_a_result_come_in_their_order(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        dialer = await predictive(entrance, waitingForResultStatus=False)
        (key,) = await dialer.add(IVAN)
        gone = "f" * 24
        assert await dialer.put(gone, None, "/status") == (400, "Bad callback options")
        assert await dialer.put(key, [], "/status") == (400, "Bad callback options")
        assert await dialer.status(gone, success=True) == (404, f"Not found {gone} in dialer {dialer.key}")
        await dialer.call(key)
        assert await dialer.status(key, success=True) == (400, f"Member {key}: result status false")
        them = await entrance.call("PUT", f"{dialer.path}/{key}/status", {"success": True}, token=entrance.stranger)
        assert (them.status, them.json["info"]) == (404, f"Not found {key} in dialer {dialer.key}")
        mere = await entrance.call("PUT", f"{dialer.path}/{key}/status", {"success": True}, token=entrance.user)
        assert mere.status == 400
        nobody = await entrance.call("PUT", f"{dialer.path}/{key}/status", {"success": True}, token="")
        assert nobody.status == 401

    at_entrance(story)


def test_a_member_is_taken_out(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        dialer = await predictive(entrance)
        ivan, peter, anna = await dialer.add(IVAN, PETER, ANNA)
        assert await dialer.put(ivan, None, "/terminate") == (200, {"_id": ivan})
        found = await dialer.get(ivan)
        assert (found["_endCause"], found["callSuccessful"]) == ("MANAGER_REQUEST", True)
        assert [told["reason"] for told in await dialer.notices()] == ["terminate"]
        await dialer.call(peter)
        await dialer.call(anna)
        await dialer.hang_up(anna)
        for key in (ivan, peter, anna):
            assert await dialer.put(key, None, "/terminate") == (405, "Not allow set terminate member")
        gone = "f" * 24
        assert await dialer.put(gone, None, "/terminate") == (404, f"Not found {gone} in dialer {dialer.key}")

    at_entrance(story)


def test_finished_members_begin_anew(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        dialer = await predictive(entrance)
        ivan, peter, anna = await dialer.add(IVAN, PETER, ANNA)
        await dialer.call(ivan)
        await dialer.hang_up(ivan, wait=False)
        over = "state = 'done', end_cause = 'MAX_TRY_COUNT', next_try_at = clock_timestamp()"
        for key in (ivan, peter, anna):
            await dialer.set(key, over)
        await dialer.set(anna, "succeeded = true")
        await entrance.house.pool.execute("update numbers set open = false, attempts = 3, stopped = raw = '+49301234'")
        path = f"{dialer.path}/reset"
        assert await entrance.data("PUT", path) == 0
        assert await entrance.data("PUT", path + "?from=99999999999999") == 0
        assert (await entrance.call("PUT", path + "?from=0&_log=true")).status == 403
        assert await entrance.data("PUT", path + "?from=0") == 1
        found = await dialer.get(ivan)
        assert (found["_endCause"], found["_probeCount"], found["_nextTryTime"]) == (None, 0, None)
        assert [(one["state"], one["_probe"]) for one in found["communications"]] == [(0, 0), (0, 0)]
        step, call = found["_log"]
        assert step["steps"][0]["data"].startswith("Reset by ")
        assert call["callNumber"] == "380911234567"
        history = await entrance.data("GET", f"/api/v2/dialer/{dialer.key}/history")
        assert [row["action"] for row in history] == ["RESET_MEMBERS"] * 2

    at_entrance(story)


def test_nobody_touches_another_domains_members(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        dialer = await predictive(entrance)
        (key,) = await dialer.add(IVAN)
        member = f"{dialer.path}/{key}"
        answers = {
            ("GET", dialer.path): (200, []),
            ("GET", dialer.path + "/count"): (200, 0),
            ("GET", member): (200, None),
            ("POST", dialer.path + "/aggregate"): (200, []),
            ("POST", dialer.path): (404, None),
            ("PUT", member): (404, None),
            ("PUT", member + "/terminate"): (404, None),
            ("PUT", dialer.path + "/reset?from=0"): (200, None),
            ("DELETE", member): (406, None),
            ("DELETE", dialer.path): (200, {"ok": 1, "n": 0}),
        }
        for (method, path), (status, data) in answers.items():
            body: Any = (
                []
                if path.endswith("aggregate")
                else PETER
                if method in ("POST", "PUT")
                else {}
                if method == "DELETE"
                else None
            )
            reply = await entrance.call(method, path, body, token=entrance.stranger)
            assert (reply.status, reply.json.get("data")) == (status, data), (method, path)
            if not path.endswith("/status"):
                assert (await entrance.call(method, path, body, token=entrance.user)).status == 403
        assert (await dialer.get(key))["name"] == "Ivan Ivanov"

    at_entrance(story)


def test_a_broadcast_never_waits_for_results(at_entrance: Play) -> None:
    async def story(entrance: Entrance) -> None:
        dialer = Dialer(entrance, await made(entrance, **DIALER | {"parameters": {"waitingForResultStatus": True}}))
        (key,) = await dialer.add(PETER)
        await dialer.call(key)
        assert (await dialer.get(key))["_waitingForResultStatusCb"] is None
        assert (await dialer.status(key, success=True))[0] == 400

    at_entrance(story)
