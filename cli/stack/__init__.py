"""The local stack: what `kring up` starts, watches, restarts and stops."""
