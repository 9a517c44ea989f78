"""The engines behind the port, and which of them is taken."""
