"""What a caller may ask of the house, one noun a module and one method a verb; every dialect is a door to the same rooms.

An operation checks, writes to the store and announces the fact. It does not know who carries it on, how it was asked, or
in what form the answer leaves.
"""

from __future__ import annotations

from dataclasses import dataclass

from outdial.operations.access import Access
from outdial.operations.accounts import Accounts
from outdial.operations.agents import Agents
from outdial.operations.analytics import Analytics
from outdial.operations.calendars import Calendars
from outdial.operations.caller_numbers import CallerNumbers
from outdial.operations.campaigns import Campaigns
from outdial.operations.changes import Changes
from outdial.operations.clients import Clients
from outdial.operations.dialect_settings import DialectSettings
from outdial.operations.do_not_call import DoNotCall
from outdial.operations.domains import Domains
from outdial.operations.hooks import Hooks
from outdial.operations.mailings import Mailings
from outdial.operations.members import Members
from outdial.operations.orders import Orders
from outdial.operations.projects import Projects
from outdial.operations.recordings import Recordings
from outdial.operations.reports import Reports
from outdial.operations.scripts import Scripts
from outdial.operations.sheets import Sheets
from outdial.operations.standings import Standings
from outdial.operations.templates import Templates
from outdial.operations.voice_scripts import VoiceScripts

__all__ = [
    "Access",
    "Accounts",
    "Agents",
    "Analytics",
    "Calendars",
    "CallerNumbers",
    "Campaigns",
    "Changes",
    "Clients",
    "DialectSettings",
    "DoNotCall",
    "Domains",
    "Hooks",
    "Mailings",
    "Members",
    "Operations",
    "Orders",
    "Projects",
    "Recordings",
    "Reports",
    "Scripts",
    "Sheets",
    "Standings",
    "Templates",
    "VoiceScripts",
]


@dataclass(frozen=True, slots=True)
class Operations:
    """Everything that can be asked."""

    access: Access
    scripts: Scripts
    campaigns: Campaigns
    recordings: Recordings
    reports: Reports
    clients: Clients
    sheets: Sheets
    dialect_settings: DialectSettings
    domains: Domains
    calendars: Calendars
    agents: Agents
    hooks: Hooks
    members: Members
    standings: Standings
    changes: Changes
    accounts: Accounts
    caller_numbers: CallerNumbers
    templates: Templates
    mailings: Mailings
    voice_scripts: VoiceScripts
    do_not_call: DoNotCall
    projects: Projects
    orders: Orders
    analytics: Analytics
