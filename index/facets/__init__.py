"""What can be chosen from beside the hits, with counts, and what cards of recordings show."""
