"""Requests to other people's servers: which addresses are allowed, and limits of time and size."""
