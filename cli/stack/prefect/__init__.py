"""The Prefect server of the local stack, and the link to its pages."""
