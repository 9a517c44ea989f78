"""The port of flow runs: one suite, over Prefect's server and in memory."""
