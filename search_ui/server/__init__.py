"""The web server: connections, places, bounds on what comes in."""
