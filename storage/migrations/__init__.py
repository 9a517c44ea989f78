"""Bringing documents that an older Kring stored up to date: one pure function from each version to the next."""

from storage.migrations.migrations import HASHED, UPGRADES, Plain, upgraded, version_of

__all__ = ["HASHED", "UPGRADES", "Plain", "upgraded", "version_of"]
