"""Which kind of file something is, from its bytes alone, and where in it the recording begins and ends."""
