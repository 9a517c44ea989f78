"""The documents of the archive (manifests, corrections, requests and so on) as types over an object store."""
