"""A client: somebody known by a key, with phones and properties."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClient:
    """A client as it comes in. `phones` are pairs of the key that tells phones apart and the phone as it was written;
    `properties` are pairs of name and value, in their order."""

    key: str
    name: str
    phones: tuple[tuple[str, str], ...] = ()
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Phone:
    """A stored phone of a client."""

    id: int
    key: str
    phone: str


@dataclass(frozen=True, slots=True)
class Property:
    """A stored property of a client."""

    id: int
    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A stored client."""

    id: int
    key: str
    name: str
    phones: tuple[Phone, ...]
    properties: tuple[Property, ...]
