"""What was asked: the words, phrases and filters of a query, and what is said where nothing was found."""
