"""The supervisors' page of campaigns: whose they are, why they wait, what their pacers decided."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.applications import Starlette

from api.asgi import Caller, Reply
from outdial.api.native import mounts
from outdial.api.native.campaigns import Running
from outdial.api.native.routes import Health
from outdial.core.ids import TenantId
from outdial.core.pacing import Decision, Ground
from outdial.ports import Identity

OURS, THEIRS = TenantId(1), TenantId(2)


def running(tenant: TenantId, key: str, decision: Decision | None = None) -> Running:
    """A campaign that is dialled."""
    return Running(
        tenant=tenant,
        dialect="webitel",
        number=1,
        key=key,
        name="Spring",
        mode="predictive",
        pacer="marginal",
        calls=3,
        reason="no agent is available",
        decision=decision,
    )


class Keys:
    """Who has which key; and all that can be asked, of which this page asks nothing else."""

    @property
    def access(self) -> Keys:
        return self

    async def by_bearer(self, key: str) -> Identity | None:
        return Identity(OURS, "supervisor") if key == "ours" else None


def ask(*campaigns: Running, key: str = "") -> Reply:
    """GET /v1/campaigns."""

    async def health() -> Health:
        raise AssertionError("nobody asked")

    operations: Any = Keys()
    application = Starlette(routes=mounts(health, operations, lambda: campaigns))
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return asyncio.run(Caller(application, "127.0.0.1").call("GET", "/v1/campaigns", b"", headers))


def test_a_campaign_shows_why_it_waits_and_what_was_decided() -> None:
    decision = Decision(0, 4, 0, Ground.NO_LINE, "no line is free", cancel=("secret",))
    reply = ask(running(OURS, "a", decision), running(OURS, "b"), running(THEIRS, "c"), key="ours")
    first, second = reply.json["campaigns"]
    assert (first["key"], first["reason"], first["calls"]) == ("a", "no agent is available", 3)
    assert first["pacing"] == {
        **{"launch": 0, "target": 4, "adjust": 0, "ground": "no_line", "reason": "no line is free"},
        **{"braked": False, "figures": None},
    }
    assert (second["key"], second["pacing"]) == ("b", None)


def test_only_who_is_known_may_look() -> None:
    assert ask().status == 401
    assert ask(key="theirs").status == 401
    assert ask(key="ours").status == 200
