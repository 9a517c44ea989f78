"""What people changed about a recording: what a change is, and what it makes of a transcript."""
