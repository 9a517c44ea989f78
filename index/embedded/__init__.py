"""The index in this process, by Tantivy: one folder beside the worker, for archives on one machine."""
