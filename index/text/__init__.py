"""Words as the index knows them: folded, stemmed, taken apart, with their meanings in the glossary."""
