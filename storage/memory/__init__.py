"""The object store in memory: for tests, held to the contract of every store."""
