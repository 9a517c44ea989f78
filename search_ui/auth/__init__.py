"""Finding out who asks, and letting people in.

`identity.py` finds the viewer of each request, and `sessions.py` knows who is signed in. `sign_in.py` is the way in and
out; `own_account.py` and `people.py` are pages of people.
"""
