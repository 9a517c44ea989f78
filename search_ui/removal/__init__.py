"""Taking a recording away: withdrawing it, putting it back, keeping it, erasing it; and what has been taken away."""
