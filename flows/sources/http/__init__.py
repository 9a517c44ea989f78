"""Asking servers of others: which addresses, within which limits of time and size."""
