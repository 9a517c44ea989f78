"""What counts as the same word in five languages, without any engine.

`analysis.py` gives each word its forms and keys; it builds on stemming, compounds, the glossary and the stop words.
A change of what is indexed raises `SCHEMA` in `analysis.py`.
"""
