"""Projects and their scenarios: read, and made or changed as a whole. What is wrong is told all at once, with its paths.

The documents are those of an apply file: what is read can be sent back.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from outdial.api.native import documents
from outdial.api.native.access import Asked, Who
from outdial.api.native.errors import answer
from outdial.core.project import LARGEST_NUMBER, Project, ProjectScenario, read_project, read_scenario
from outdial.core.section import Faults, Section, refuse

Number = Annotated[int, Path(ge=1, le=LARGEST_NUMBER)]
_TEXT = {"type": "string"}
_PROJECT_BODY = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["name", "time_zone"],
                    "properties": {
                        "name": _TEXT,
                        "time_zone": {"type": "string", "example": "Europe/Moscow"},
                        "hours": {
                            "type": "object",
                            "properties": {
                                "start": {"type": "string", "example": "08:00"},
                                "end": {"type": "string", "example": "22:00"},
                            },
                            "description": "When people may be called, by the clock of each.",
                        },
                        "lines": {"type": "integer", "description": "Calls at once of each campaign."},
                        "record": {"type": "boolean", "description": "Whether talks with persons are kept."},
                    },
                }
            }
        }
    }
}
_SCENARIO_BODY = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["name", "start_blocks", "blocks"],
                    "properties": {
                        "name": _TEXT,
                        "language": _TEXT,
                        "voice": _TEXT,
                        "start_blocks": {"type": "array", "items": {"type": "object"}},
                        "blocks": {"type": "object", "additionalProperties": {"type": "object"}},
                    },
                }
            }
        }
    }
}
router = APIRouter()


@router.get("/projects", summary="The projects")
async def projects(asked: Asked, who: Who) -> Response:
    """In the order of their numbers."""
    return answer({"projects": [_project(one) for one in await asked.projects.all(who.tenant)]})


@router.get("/projects/{project}", summary="A project")
async def read_one(project: Number, asked: Asked, who: Who) -> Response:
    return answer(_project(await asked.projects.named(who.tenant, project)))


@router.put("/projects/{project}", summary="Make or change a project", openapi_extra=_PROJECT_BODY)
async def put_one(request: Request, project: Number, asked: Asked, who: Who) -> Response:
    faults: Faults = []
    members = Section("", {"id": project, **await documents.sent_to(project, request)}, faults)
    wanted = read_project(members)
    members.finish()
    refuse(faults)
    await asked.projects.save(who.tenant, wanted)
    return answer(_project(wanted))


@router.get("/projects/{project}/scenarios", summary="The scenarios of a project")
async def scenarios(project: Number, asked: Asked, who: Who) -> Response:
    """In the order of their numbers."""
    found = await asked.projects.scenarios(who.tenant, project)
    return answer({"scenarios": [_scenario(one) for one in found]})


@router.get("/projects/{project}/scenarios/{scenario}", summary="A scenario")
async def read_scenario_of(project: Number, scenario: Number, asked: Asked, who: Who) -> Response:
    return answer(_scenario(await asked.projects.scenario(who.tenant, project, scenario)))


@router.put(
    "/projects/{project}/scenarios/{scenario}", summary="Make or change a scenario", openapi_extra=_SCENARIO_BODY
)
async def put_scenario(request: Request, project: Number, scenario: Number, asked: Asked, who: Who) -> Response:
    """Calls under way keep the script that they began with. A start block that the scenario has no more stays for the
    campaigns that were ordered by it."""
    faults: Faults = []
    sent = {"id": scenario, **await documents.sent_to(scenario, request)}
    wanted = await asyncio.to_thread(read_scenario, project, sent, "", faults)
    refuse(faults)
    await asked.projects.save_scenario(who.tenant, wanted)
    return answer(_scenario(wanted))


def _project(one: Project) -> dict[str, Any]:
    return {
        "id": one.number,
        "name": one.name,
        "time_zone": one.time_zone,
        "hours": {"start": _clock(one.hours.start), "end": _clock(one.hours.end + 1)},
        "lines": one.lines,
        "record": one.record,
    }


def _scenario(one: ProjectScenario) -> dict[str, Any]:
    return dict(one.document)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
