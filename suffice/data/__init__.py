"""Examples: read, checked, cleaned and split; from files and from S3."""
