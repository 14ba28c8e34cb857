"""Clients: posted as a list, deleted by the caller's id, found by phone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from outdial.api import wire
from outdial.api.mikopbx import php
from outdial.api.mikopbx.bodies import CLIENTS_BODY
from outdial.api.mikopbx.contacts import phone_id
from outdial.api.mikopbx.replies import envelope, reply
from outdial.api.mikopbx.requests import LONGEST_KEY, list_of, member_of
from outdial.api.mikopbx.routes import At, Who
from outdial.api.wire import NotJson
from outdial.core.client import Client, NewClient
from outdial.core.errors import Malformed

NAME = "NAME"
"""The property that shows the client's name."""
router = APIRouter()


@router.post("/client", summary="Make or replace clients", openapi_extra=CLIENTS_BODY)
async def save_clients(request: Request, door: At, who: Who) -> Response:
    """A list; each is known by its `crmId` and takes new phones and properties in the place of the old."""
    body = await wire.body(request, door.largest_body)
    wanted = await asyncio.to_thread(clients_of, body)
    saved = await door.operations.clients.save(who.tenant, wanted)
    return await asyncio.to_thread(lambda: reply(envelope(True, [_client(client) for client in saved])))


@router.delete("/client/{crm_id}", summary="Delete a client")
async def delete_client(crm_id: str, door: At, who: Who) -> Response:
    """By the caller's id; an unknown one is no error."""
    if "\x00" not in crm_id:
        await door.operations.clients.remove(who.tenant, crm_id.strip())
    return reply(envelope(True))


@router.get("/client-by-phone/{phone}", summary="What is known of a phone's owner")
async def client_by_phone(phone: str, door: At, who: Who) -> Response:
    """Its properties, the name first; of several owners those of the one saved last."""
    found = None if "\x00" in phone else await door.operations.clients.by_phone(who.tenant, phone_id(phone))
    known = {} if found is None else {NAME: found.name} | {one.name: one.value for one in found.properties}
    return reply(envelope(True, [{"key": key, "value": value} for key, value in known.items()]))


def clients_of(body: bytes) -> list[NewClient]:
    """The clients of a posted list. Raises `NotJson` and `Malformed`."""
    value = wire.from_json(body)
    if not isinstance(value, list):
        raise NotJson("an array is wanted", field="body")
    return [_new_client(member_of(element, "client")) for element in value]


def _new_client(value: Mapping[str, Any]) -> NewClient:
    key = php.text(value.get("crmId"), "crmId").strip()
    if not key:
        raise Malformed('Field "crmId" is required and cannot be empty', field="crmId")
    if len(key) > LONGEST_KEY:
        raise Malformed(f'Field "crmId" is longer than {LONGEST_KEY} characters', field="crmId")
    name = php.text(value.get("name"), "name")
    phones = [php.text(phone, "phones") for phone in list_of(value, "phones")]
    pairs = [member_of(one, "properties") for one in list_of(value, "properties")]
    properties = [(php.text(one.get("key"), "key"), php.text(one.get("value"), "value")) for one in pairs]
    if all(shown != NAME for shown, _ in properties):
        properties.append((NAME, name))
    return NewClient(
        key=key,
        name=name,
        phones=tuple((phone_id(phone), phone) for phone in phones if phone.strip()),
        properties=tuple(properties),
    )


def _client(client: Client) -> dict[str, Any]:
    id = str(client.id)
    return {
        "id": id,
        "name": client.name,
        "crmId": client.key,
        "phones": [
            {"id": str(one.id), "phoneId": one.key, "phone": one.phone, "clientId": id} for one in client.phones
        ],
        "properties": [
            {"id": str(one.id), "key": one.name, "value": one.value, "clientId": id} for one in client.properties
        ],
    }
