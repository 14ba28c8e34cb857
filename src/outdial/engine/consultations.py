"""Asks whoever a script wants to know something of: a service that the house knows by a name, or a server on the web.
Without an answer the call goes on, so this is the call's own door: no failure out there is an exception here.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from outdial.core.commands import Consult
from outdial.core.events import Consulted
from outdial.core.ids import TenantId, attempt_of
from outdial.engine import metrics
from outdial.ports import Consultation, ConsultationFailed, WebQuestions

_log = structlog.get_logger(__name__)


class Consultations:
    """`services` are those that a script may ask, by the names that scripts know them by."""

    def __init__(self, services: Mapping[str, Consultation], web: WebQuestions) -> None:
        self._services = services
        self._web = web

    async def answer_of(self, tenant: TenantId, command: Consult) -> Consulted:
        """The answer as the call hears it, without a value where there is none."""
        attempt = attempt_of(command.channel)
        answer = Consulted(command.channel, command.turn, None)
        try:
            if command.question is not None:
                values = await self._web.ask(command.question)
                return Consulted(command.channel, command.turn, "", values)
            asked = self._services.get(command.service)
            if asked is None:
                raise ConsultationFailed("there is no service of that name")
            return Consulted(command.channel, command.turn, await asked.consult(tenant, attempt))
        except ConsultationFailed as failure:
            _log.warning("consultation.failed", attempt=attempt, service=command.service, reason=str(failure))
        except Exception:  # noqa: BLE001 - see above
            _log.exception("consultation.failed", attempt=attempt, service=command.service)
        metrics.FAULTS.labels("consultation").inc()
        return answer
