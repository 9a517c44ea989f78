"""Where the weights of models come from, and how they are checked and converted."""
