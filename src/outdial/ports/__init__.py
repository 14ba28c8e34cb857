"""What the house needs from outside, as small protocols. Their docstrings are the contract; one test suite checks every
implementation of a port.

The far end's failure is an event or a returned value, never an exception; an exception from a port means that the port
itself is out of order.
"""

from outdial.ports.access import Access, Credential, Domains, DomainSession, DomainToken, Identity, LoginId, TokenId
from outdial.ports.audio import AudioFile, Library, Workshop
from outdial.ports.bus import Bus
from outdial.ports.campaigns import AgentWork, Campaigns, Clients, Counters, Members, Standing, Standings
from outdial.ports.clock import Cancellable, Clock
from outdial.ports.dialling import (
    AgentTally,
    Dialling,
    DueMember,
    Entry,
    MemberDialling,
    MemberEnd,
    MemberReservation,
    NotInCharge,
    OpenAttempt,
    Reservation,
    ResultDue,
    StoreDown,
    StoreRefused,
)
from outdial.ports.hooks import Deliveries, Delivery, HookRecord, Hooks, Web, WebAnswer
from outdial.ports.money import (
    PREPAID_DIALECT,
    Accounts,
    Balance,
    Charge,
    Clearing,
    Held,
    HoldFor,
    HoldRow,
    NotEnough,
    Row,
    Used,
)
from outdial.ports.recognition import Hearing, Question, Recogniser, Understood
from outdial.ports.reports import Reports
from outdial.ports.scripts import Consultation, ConsultationFailed, ScriptRecord, Scripts
from outdial.ports.setup import (
    DEFAULT_DIAL_PREFIX,
    SPOKEN_SETTINGS,
    CallerNumbers,
    DialectSettings,
    SetupStore,
    SetupTransaction,
    Template,
    Templates,
)
from outdial.ports.sheets import Sheets
from outdial.ports.speech import RenderedPrompt, Speech, SpeechFailed, Speller
from outdial.ports.telephony import SwitchDown, Telephony
from outdial.ports.workforce import AgentRecord, Agents, CalendarRecord, Calendars

__all__ = [
    "Access",
    "Accounts",
    "AgentRecord",
    "AgentTally",
    "AgentWork",
    "Agents",
    "AudioFile",
    "Balance",
    "Bus",
    "CalendarRecord",
    "Calendars",
    "CallerNumbers",
    "Campaigns",
    "Cancellable",
    "Charge",
    "Clearing",
    "Clients",
    "Clock",
    "Consultation",
    "ConsultationFailed",
    "Counters",
    "Credential",
    "DEFAULT_DIAL_PREFIX",
    "Deliveries",
    "Delivery",
    "DialectSettings",
    "Dialling",
    "DomainSession",
    "DomainToken",
    "Domains",
    "DueMember",
    "Entry",
    "Hearing",
    "Held",
    "HoldFor",
    "HoldRow",
    "HookRecord",
    "Hooks",
    "Identity",
    "Library",
    "LoginId",
    "MemberDialling",
    "MemberEnd",
    "MemberReservation",
    "Members",
    "NotEnough",
    "NotInCharge",
    "OpenAttempt",
    "PREPAID_DIALECT",
    "Question",
    "Recogniser",
    "RenderedPrompt",
    "Reports",
    "Reservation",
    "ResultDue",
    "Row",
    "SPOKEN_SETTINGS",
    "ScriptRecord",
    "Scripts",
    "SetupStore",
    "SetupTransaction",
    "Sheets",
    "Speech",
    "SpeechFailed",
    "Speller",
    "Standing",
    "Standings",
    "StoreDown",
    "StoreRefused",
    "SwitchDown",
    "Telephony",
    "Template",
    "Templates",
    "TokenId",
    "Understood",
    "Used",
    "Web",
    "WebAnswer",
    "Workshop",
]
