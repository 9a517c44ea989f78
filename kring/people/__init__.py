"""People who have an account, and how they come in."""
