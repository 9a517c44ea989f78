"""How well and how fast Kring searches: a synthetic archive, measures of a ranking, plain engines to compare with."""
