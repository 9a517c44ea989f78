"""What comes first, and which words of a hit are marked."""
