"""Projects, scenarios and start blocks of a tenant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from outdial.core.ids import ScriptId, TenantId
from outdial.core.project import Project, ProjectScenario, Start


@dataclass(frozen=True, slots=True)
class StoredStart:
    """A start block as campaigns and reports need it. One that its scenario has no more is `gone`: campaigns that were
    ordered by it go on, and new ones cannot be."""

    script: ScriptId
    project: int
    scenario: int
    start: Start
    gone: bool


class Projects(Protocol):
    """Projects by the numbers that their callers know."""

    async def all(self, tenant: TenantId) -> list[Project]:
        """Every project, in the order of their numbers."""

    async def by_number(self, tenant: TenantId, number: int) -> Project | None:
        """The project of that number."""

    async def save(self, tenant: TenantId, project: Project) -> None:
        """Add a project or change one."""

    async def scenarios(self, tenant: TenantId, project: int) -> list[ProjectScenario]:
        """The scenarios of a project with the start blocks that they have now, in the order of their numbers."""

    async def scenario(self, tenant: TenantId, number: int) -> ProjectScenario | None:
        """The scenario of that number, of whichever project."""

    async def save_scenario(self, tenant: TenantId, scenario: ProjectScenario) -> None:
        """Add a scenario to a project that is there, or change one, with its start blocks: all or nothing.

        Calls under way keep the script that they began with. Raises `KeyTaken` when the number belongs to a scenario of
        another project, or a start block's to another scenario.
        """

    async def start(self, tenant: TenantId, number: int) -> StoredStart | None:
        """The start block of that number."""

    async def starts(self, tenant: TenantId, scenario: int) -> Sequence[StoredStart]:
        """All start blocks that a scenario has or had."""
