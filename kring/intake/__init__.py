"""What comes in: what was asked for, what is being uploaded, and what could not be taken in."""
