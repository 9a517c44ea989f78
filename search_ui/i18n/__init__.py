"""Pages in four languages."""
