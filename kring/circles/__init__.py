"""Circles as people write and change them, wherever they do: on the pages and on the command line.

`circle_fields.py` reads what they wrote, `glossary.py` the terms of a glossary; `circle_merge.py` brings two people's
changes together.
"""
