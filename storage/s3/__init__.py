"""The object store over S3; the only place that imports boto3."""
