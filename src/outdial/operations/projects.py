"""Projects and their scenarios: read, and made or changed by whoever may write to them."""

from __future__ import annotations

from outdial import ports
from outdial.core.errors import NotFound
from outdial.core.ids import TenantId
from outdial.core.project import Project, ProjectScenario
from outdial.core.section import refuse
from outdial.operations.means import Means
from outdial.ports import StoredStart


class Projects:
    """The projects of a tenant."""

    def __init__(self, store: ports.Projects, means: Means) -> None:
        self._store = store
        self._means = means

    async def all(self, tenant: TenantId) -> list[Project]:
        """Every project, in the order of their numbers."""
        return await self._store.all(tenant)

    async def named(self, tenant: TenantId, number: int) -> Project:
        """The project of that number. Raises `NotFound`, also for another tenant's."""
        project = await self._store.by_number(tenant, number)
        if project is None:
            raise NotFound(f"there is no project {number}", field="project")
        return project

    async def save(self, tenant: TenantId, project: Project) -> None:
        """Add a project or change one."""
        await self._store.save(tenant, project)

    async def scenarios(self, tenant: TenantId, project: int) -> list[ProjectScenario]:
        """The scenarios of a project, in the order of their numbers. Raises `NotFound`."""
        await self.named(tenant, project)
        return await self._store.scenarios(tenant, project)

    async def scenario(self, tenant: TenantId, project: int, number: int) -> ProjectScenario:
        """A scenario of a project. Raises `NotFound`."""
        found = await self._store.scenario(tenant, number)
        if found is None or found.project != project:
            raise NotFound(f"project {project} has no scenario {number}", field="scenario")
        return found

    async def has(self, tenant: TenantId, project: int, number: int) -> bool:
        """Whether a project has the scenario of that number."""
        found = await self._store.scenario(tenant, number)
        return found is not None and found.project == project

    async def save_scenario(self, tenant: TenantId, scenario: ProjectScenario) -> None:
        """Add a scenario or change one, with its start blocks.

        Raises `NotFound` for its project, `KeyTaken`, and `Malformed` when it needs what this house does not have.
        """
        await self.named(tenant, scenario.project)
        lacking = self._means.lacking(start.script for start in scenario.starts)
        refuse([(f"blocks.{key}", why) for key, why in lacking.items()])
        await self._store.save_scenario(tenant, scenario)

    async def start(self, tenant: TenantId, number: int) -> StoredStart | None:
        """The start block of that number."""
        return await self._store.start(tenant, number)
