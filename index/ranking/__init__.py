"""The order of results and what is marked in them, the same for every engine.

`matches.py` finds the words of a passage that match, `scoring.py` weighs them, `highlight.py` makes excerpts.
"""
