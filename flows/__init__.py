"""Work: sources, the plain steps, the Prefect flows around them, wiring."""
