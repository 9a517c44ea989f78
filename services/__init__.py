"""Use cases that pages, flows and commands share: one use case, one function, one file."""
