"""The profile of the core's laws: a bounded number of examples, the same ones on every run."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("core", settings.get_profile("house"), max_examples=150)
settings.load_profile("core")
