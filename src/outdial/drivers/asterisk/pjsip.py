"""Trunks and telephones as pjsip.conf writes them.

Pure functions of frozen values: a trunk is an endpoint with a fixed contact, a telephone one that registers.
Nothing here knows which numbers are dialled through them.
"""

from __future__ import annotations

from dataclasses import dataclass

from outdial.drivers.asterisk.syntax import HOST, NAME, check, right_side, section

INBOUND_CONTEXT = "outdial-inbound"

Options = list[tuple[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SipTrunk:
    """A carrier: calls go out to it as `PJSIP/<number>@<name>`.

    With `username` its challenges are answered; with `register` this Asterisk also registers there. `match`
    are the addresses (`host` or `host:port`) calls from the carrier are known by; empty means `host`. `host`
    None is a peer that only calls us. Raises ValueError when a value cannot be written down safely.
    """

    name: str
    host: str | None
    port: int = 5060
    username: str | None = None
    password: str | None = None
    register: bool = False
    from_user: str | None = None
    from_domain: str | None = None
    codecs: tuple[str, ...] = ("alaw", "ulaw")
    match: tuple[str, ...] = ()
    qualify_seconds: int = 60
    context: str = INBOUND_CONTEXT

    def __post_init__(self) -> None:
        check("trunk name", self.name, NAME)
        check("trunk context", self.context, NAME)
        for codec in self.codecs:
            check("codec", codec, NAME)
        for host in (self.host, self.from_domain, *self.match):
            check("trunk address", host, HOST)
        for text in (self.username, self.password, self.from_user):
            right_side(text or "")
        if self.register and not (self.username and self.host):
            raise ValueError(f"trunk {self.name}: a registration needs a host and a username")


@dataclass(frozen=True, slots=True, kw_only=True)
class SipExtension:
    """An agent's telephone that registers with this Asterisk and is called as `PJSIP/<number>`."""

    number: str
    password: str
    contacts: int = 1
    codecs: tuple[str, ...] = ("alaw", "ulaw")

    def __post_init__(self) -> None:
        check("extension", self.number, NAME)
        for codec in self.codecs:
            check("codec", codec, NAME)
        right_side(self.password)


def transport_conf(address: str, port: int, external_address: str | None) -> str:
    """The global section and the one UDP transport; `external_address` is what the far side sees behind NAT."""
    shared: Options = [
        ("type", "global"),
        ("user_agent", "outdial"),
        ("endpoint_identifier_order", "ip,username,anonymous"),
    ]
    transport: Options = [("type", "transport"), ("protocol", "udp"), ("bind", f"{address}:{port}")]
    if external_address:
        transport.append(("external_media_address", external_address))
        transport.append(("external_signaling_address", external_address))
    return section("global", shared) + section("transport-udp", transport)


def trunk_conf(trunk: SipTrunk) -> str:
    """The sections of one trunk: endpoint, aor, auth, registration, identify, as far as it has them."""
    name, address = trunk.name, f"{trunk.host}:{trunk.port}"
    endpoint = _endpoint(trunk.context, trunk.codecs)
    if trunk.host is not None:
        endpoint.append(("aors", name))
    if trunk.username is not None:
        endpoint.append(("outbound_auth", name))
    if trunk.from_user:
        endpoint.append(("from_user", trunk.from_user))
    if trunk.from_domain:
        endpoint.append(("from_domain", trunk.from_domain))
    text = section(name, endpoint)
    if trunk.host is not None:
        contact: Options = [("type", "aor"), ("contact", f"sip:{address}")]
        text += section(name, [*contact, ("qualify_frequency", trunk.qualify_seconds)])
    if trunk.username is not None:
        text += _auth(name, trunk.username, trunk.password or "")
    if trunk.register:
        registration: Options = [
            ("type", "registration"),
            ("outbound_auth", name),
            ("server_uri", f"sip:{address}"),
            ("client_uri", f"sip:{trunk.username}@{address}"),
            ("line", "yes"),
            ("endpoint", name),
            ("retry_interval", 60),
            ("max_random_initial_delay", 0),
        ]
        text += section(f"{name}-registration", registration)
    matches = trunk.match or ((trunk.host,) if trunk.host else ())
    if matches:
        identify: Options = [("type", "identify"), ("endpoint", name)]
        text += section(f"{name}-identify", [*identify, *(("match", each) for each in matches)])
    return text


def extension_conf(extension: SipExtension) -> str:
    """The sections of one telephone."""
    number = extension.number
    endpoint = [
        *_endpoint(INBOUND_CONTEXT, extension.codecs),
        ("auth", number),
        ("aors", number),
        ("rewrite_contact", "yes"),
    ]
    # A telephone that restarts comes back at another port: without remove_existing its old contact keeps it
    # out.
    contact: Options = [
        ("type", "aor"),
        ("max_contacts", extension.contacts),
        ("remove_existing", "yes"),
        ("qualify_frequency", 60),
    ]
    return section(number, endpoint) + _auth(number, number, extension.password) + section(number, contact)


def _endpoint(context: str, codecs: tuple[str, ...]) -> Options:
    return [
        ("type", "endpoint"),
        ("context", context),
        ("disallow", "all"),
        ("allow", ",".join(codecs)),
        ("direct_media", "no"),
        ("dtmf_mode", "rfc4733"),
        ("rtp_symmetric", "yes"),
        ("force_rport", "yes"),
    ]


def _auth(name: str, username: str, password: str) -> str:
    return section(name, [("type", "auth"), ("auth_type", "digest"), ("username", username), ("password", password)])
