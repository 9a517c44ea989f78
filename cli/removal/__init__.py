"""The commands that take recordings away: what is typed, and what is done."""
