"""Measuring Kring: how well it ranks, and how fast it is. Nothing here is part of the product."""
