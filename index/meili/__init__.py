"""The index in Meilisearch, for several machines."""
