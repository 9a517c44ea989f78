"""Bringing in recordings with a browser, in parts that survive interruptions.

`api.py` begins and cancels an upload, `parts.py` takes the bytes, `complete.py` asks for the run; `left_out.py`
shows what watched folders and feeds offer and could not be taken in.
"""
