"""Whether the bucket keeps its promises: what is missing, altered or damaged."""
