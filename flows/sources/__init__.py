"""Where recordings come from: the port and one file per kind of source."""
