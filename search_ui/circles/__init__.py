"""The pages on which operators make circles, and facilitators say what their circles are and how recordings are kept.

`circle_form.py` is the form, filled from a circle or from what was typed; `page.py` has the routes.
"""
