"""The text of attached documents, read in a process that can do nothing else."""
