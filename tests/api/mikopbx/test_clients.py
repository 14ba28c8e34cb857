"""Clients: made, replaced, found by phone, forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.mikopbx.door import Door
from outdial.api.mikopbx import API_PREFIX

Play = Callable[..., None]
IVAN: dict[str, Any] = {
    "crmId": " 17 ",
    "name": "Иван",
    "phones": ["+7 952 223-34-46", 79522233447, ""],
    "properties": [{"key": "CITY", "value": "Москва"}],
}


async def known(door: Door, phone: str) -> dict[str, str]:
    return {one["key"]: one["value"] for one in await door.data(f"/client-by-phone/{phone}")}


def test_a_client(at_door: Play) -> None:
    async def story(door: Door) -> None:
        (made,) = await door.data("/client", [IVAN])
        id = made["id"]
        assert list(made) == ["id", "name", "crmId", "phones", "properties"]
        assert (made["name"], made["crmId"]) == ("Иван", "17")
        assert [{**phone, "id": ""} for phone in made["phones"]] == [
            {"id": "", "phoneId": "9522233446", "phone": "+7 952 223-34-46", "clientId": id},
            {"id": "", "phoneId": "9522233447", "phone": "79522233447", "clientId": id},
        ]
        assert [{**one, "id": ""} for one in made["properties"]] == [
            {"id": "", "key": "CITY", "value": "Москва", "clientId": id},
            {"id": "", "key": "NAME", "value": "Иван", "clientId": id},
        ]
        for phone in ("79522233446", "89522233447", "%2B7%20952%202233446"):
            assert await known(door, phone) == {"NAME": "Иван", "CITY": "Москва"}
        assert await door.data("/client-by-phone/1") == []

    at_door(story)


def test_a_client_posted_again_is_replaced(at_door: Play) -> None:
    async def story(door: Door) -> None:
        (before,) = await door.data("/client", [IVAN])
        (after,) = await door.data("/client", [{"crmId": 17, "name": None, "phones": ["79520000001"]}])
        assert after["id"] == before["id"]
        assert [phone["phone"] for phone in after["phones"]] == ["79520000001"]
        assert await known(door, "79522233446") == {}
        assert await known(door, "79520000001") == {"NAME": ""}

    at_door(story)


def test_later_duplicates_win(at_door: Play) -> None:
    async def story(door: Door) -> None:
        properties = [{"key": "A", "value": 1}, {"key": "NAME", "value": "own"}, {"key": "A", "value": 2}]
        made = await door.data("/client", [IVAN, {**IVAN, "name": "second", "properties": properties}])
        assert [client["name"] for client in made] == ["second"]
        assert await known(door, "79522233446") == {"NAME": "own", "A": "2"}
        await door.data("/client", [{"crmId": "18", "name": "third", "phones": ["79522233446"]}])
        assert await known(door, "79522233446") == {"NAME": "third"}

    at_door(story)


def test_a_forgotten_client(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await door.data("/client", [IVAN])
        for crm_id in ("17", "17", "nobody", "%00"):
            reply = await door.local.call("DELETE", f"{API_PREFIX}/client/{crm_id}")
            assert (reply.json["result"], reply.json["data"]) == (True, [])
        assert await known(door, "79522233446") == {}
        assert await door.data("/client-by-phone/%00") == []
        for table in ("clients", "client_phones", "client_properties"):
            assert await door.house.pool.fetchval(f"select count(*) from {table}") == 0

    at_door(story)


def test_many_at_once(at_door: Play) -> None:
    async def story(door: Door) -> None:
        clients = [{"crmId": n, "name": f"n{n}", "phones": [f"7952{n:07d}"]} for n in range(1500)]
        made = await door.data("/client", clients)
        assert [client["crmId"] for client in made] == [str(n) for n in range(1500)]
        assert await door.data("/client", []) == []
        assert await known(door, "79520001234") == {"NAME": "n1234"}

    at_door(story)


def test_clients_that_are_refused(at_door: Play) -> None:
    async def story(door: Door) -> None:
        for body in (b"", b"{", b"{}", b"1", b'"a"', b"null"):
            assert (await door.post("/client", body))["messages"] == ["Invalid JSON request body"]
        for client, field in (
            ("text", "client"),
            ({}, "crmId"),
            ({"crmId": " "}, "crmId"),
            ({"crmId": []}, "crmId"),
            ({"crmId": "a" * 501}, "crmId"),
            ({"crmId": "1", "name": {}}, "name"),
            ({"crmId": "1", "phones": "79520000001"}, "phones"),
            ({"crmId": "1", "phones": [[]]}, "phones"),
            ({"crmId": "1", "properties": {"key": "a"}}, "properties"),
            ({"crmId": "1", "properties": ["a"]}, "properties"),
            ({"crmId": "1", "properties": [{"key": {}}]}, "key"),
        ):
            answer = await door.post("/client", [IVAN, client])
            assert (answer["result"], answer["data"]) == (False, []), client
            assert field in answer["messages"][0]
            assert await door.house.pool.fetchval("select count(*) from clients") == 0

    at_door(story)


def test_tenants_have_clients_of_their_own(at_door: Play) -> None:
    async def story(door: Door) -> None:
        await door.data("/client", [IVAN])
        clients = door.house.operations.clients
        assert await clients.by_phone(door.house.other_tenant, "9522233446") is None
        await clients.remove(door.house.other_tenant, "17")
        assert await known(door, "79522233446") == {"NAME": "Иван", "CITY": "Москва"}

    at_door(story)
