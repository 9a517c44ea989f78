"""The local S3 server: its program, its keys, its start."""
