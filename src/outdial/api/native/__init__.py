"""Outdial's own API: what no other dialect has words for."""

from outdial.api.native.routes import mounts

__all__ = ["mounts"]
