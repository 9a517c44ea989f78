"""Confined processes for reading hostile files: no network, limited memory and time, no files but their own."""
