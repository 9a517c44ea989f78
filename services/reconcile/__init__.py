"""What has to be done so that every recording is searchable, being worked on, or stopped for a reason; doing it."""
