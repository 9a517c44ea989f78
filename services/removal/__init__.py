"""Taking recordings away: withdrawing, erasing, and how long a circle keeps them."""
