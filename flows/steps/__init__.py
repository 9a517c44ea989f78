"""The steps of one recording as plain functions over the ports; `flows.recording` makes Prefect tasks of them."""
