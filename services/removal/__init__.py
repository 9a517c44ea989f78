"""Taking recordings away: withdrawing, erasing, taking out a passage, and how long a circle keeps them."""
