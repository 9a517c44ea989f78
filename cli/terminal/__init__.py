"""What commands have in common: their output, the way to the archive, progress and differences."""
