"""Flow runs: the port, Prefect's API and memory behind it, and asking for runs."""
