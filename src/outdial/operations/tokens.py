"""Access tokens: who is asking, signed by the house, for a quarter of an hour. They name a login that can be ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from outdial.ports import LoginId

LIFE = timedelta(minutes=15)
SECRET_BYTES = 32
_ALGORITHM = "HS256"
_ISSUER = "outdial"


def issue(secret: bytes, login: LoginId, now: datetime) -> str:
    """A token that is good until `now` + `LIFE`, as long as its login stands."""
    seconds = int(now.timestamp())
    claims = {"iss": _ISSUER, "sub": login, "iat": seconds, "exp": seconds + int(LIFE.total_seconds())}
    return jwt.encode({"alg": _ALGORITHM}, claims, OctKey.import_key(secret), algorithms=[_ALGORITHM])


def looks_like_one(text: str) -> bool:
    """Whether a text has the form of a token."""
    return text.count(".") == 2


def read(secret: bytes, token: str, now: datetime) -> LoginId | None:
    """The login that a token names; None when it is not ours, not whole, or over. Only our own algorithm is believed."""
    rules = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        iss={"essential": True, "value": _ISSUER},
        sub={"essential": True},
        exp={"essential": True},
    )
    try:
        claims = jwt.decode(token, OctKey.import_key(secret), algorithms=[_ALGORITHM]).claims
        rules.validate(claims)
        return LoginId(str(UUID(claims["sub"])))
    except (JoseError, ValueError, TypeError, AttributeError):
        return None
