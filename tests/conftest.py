"""Fixtures shared by all tests."""

from __future__ import annotations

from hypothesis import settings

pytest_plugins = ["tests.support.stack.seaweed"]

# A machine that is busy with other things makes an example slow, and proves nothing.
settings.register_profile("kring", deadline=None)
settings.load_profile("kring")
