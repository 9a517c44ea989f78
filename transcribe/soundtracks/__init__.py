"""Which sound track of a recording carries the speech."""
