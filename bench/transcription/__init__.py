"""How well and how fast Kring transcribes: engines side by side, speech with known words, times of words."""
