"""How long tests wait for what is there at once on a machine that has nothing else to do. Those that pass never do."""

PATIENCE = 60.0
"""Seconds: for an answer, for what a page shows, for a process to end."""
