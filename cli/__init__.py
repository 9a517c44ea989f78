"""The command line `kring`, and the local stack that `kring up` runs."""
