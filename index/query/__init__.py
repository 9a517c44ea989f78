"""What a query asks for, the same for every engine.

`parser.py` parses the text once; `answer.py` runs a search over an `engine.py`; the other modules tolerate typing
mistakes, find other ways to write a word, suggest words and say what is missing from the results.
"""
