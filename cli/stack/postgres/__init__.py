"""PostgreSQL for the Prefect server: its files, its account, its process."""
