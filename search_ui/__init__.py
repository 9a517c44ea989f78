"""The web application: pages, API and media for members; it reads the archive and the index and writes neither."""
