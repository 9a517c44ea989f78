"""The search index as a use case: which Kring feeds it, and replacing one changed recording in it."""
