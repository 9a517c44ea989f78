"""The bucket: the port, its S3 adapter (the only place that knows boto3), keys and manifests."""
