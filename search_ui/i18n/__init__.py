"""The languages of the pages: choosing one, translating messages, formatting dates and numbers.

`catalogues.py` collects messages into `locale/`; `localisation.py` translates sentences that were stored in
English.
"""
