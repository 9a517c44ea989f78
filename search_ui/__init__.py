"""The web application: pages, API and media. It reads the archive and the index, and writes what people change."""
