"""What every test may use: databases, and a private Asterisk with a carrier behind it, once for the whole session.

Asterisk is fetched when it is not there, and a failure to get or start it fails the tests: nothing here skips.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from asterisk.carrier import Carrier
from asterisk.fetch import ensure
from asterisk.instance import PrivateAsterisk
from asterisk.prefix import AsteriskPrefix, default_prefix_directory
from databases import database_url, databases
from outdial.drivers.asterisk.configuration import SipExtension
from smsc.fetch import ensure as ensure_smsc
from smsc.smsc import Smsc

__all__ = ["database_url", "databases"]

# The same examples on every run, however busy the machine is. `make check` asks for a quick look, by --hypothesis-profile.
settings.register_profile(
    "house",
    max_examples=150,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("quick", settings.get_profile("house"), max_examples=25)
settings.load_profile("house")

_NEED_ASTERISK = {"asterisk", "asterisk_prefix", "carrier"}
_SLOW = {"database_url", "databases", "smsc_of_session"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make check` leaves out: tests that need an Asterisk or a database, and whole programs in a process of
    their own. And say which tests stay together when they run on several cores: those of one file, and all that make
    telephone calls in real time, so that there is one Asterisk, and no second talk disturbs the first one."""
    for item in items:
        needed = set(getattr(item, "fixturenames", ()))
        together = str(item.path)
        if _NEED_ASTERISK & needed:
            item.add_marker(pytest.mark.asterisk)
            together = "telephone calls"
        if _SLOW & needed:
            item.add_marker(pytest.mark.slow)
        if "scenarios" in item.path.parts:
            item.add_marker(pytest.mark.slow)
        item.add_marker(pytest.mark.xdist_group(together))


@pytest.fixture(scope="session", autouse=True)
def the_process_is_ours() -> Iterator[None]:
    """A command that runs inside a test must not settle what is logged, because loggers keep it for good and other tests
    look at log lines; nor what is collected, because what a test leaves open is found when it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("structlog.configure", lambda **_: None)
        patch.setattr("gc.freeze", lambda: None)
        patch.setattr("gc.set_threshold", lambda *_: None)
        yield


@pytest.fixture(scope="session")
def asterisk_prefix() -> AsteriskPrefix:
    """The unpacked Asterisk."""
    return ensure(default_prefix_directory())


@pytest.fixture(scope="session")
def smsc_of_session() -> Iterator[Smsc]:
    """A carrier of SMS over SMPP that somebody else wrote."""
    with Smsc(*ensure_smsc()) as running:
        yield running


@pytest.fixture(scope="session")
def carrier(asterisk_prefix: AsteriskPrefix) -> Iterator[Carrier]:
    """The far side, with every number of the plan."""
    with Carrier(asterisk_prefix) as running:
        yield running


@pytest.fixture(scope="session")
def asterisk(asterisk_prefix: AsteriskPrefix, carrier: Carrier) -> Iterator[PrivateAsterisk]:
    """The Asterisk that outdial drives: its endpoint `carrier` is the trunk, telephones stand at the extensions
    100-109, and nobody has registered for 110."""
    extensions = (*carrier.employees, SipExtension(number="110", password="nobody knows"))
    with PrivateAsterisk(asterisk_prefix, trunks=[carrier.trunk()], extensions=extensions) as running:
        carrier.staff(running)
        yield running
