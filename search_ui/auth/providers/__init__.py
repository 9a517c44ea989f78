"""Signing in with the accounts people have already, at a provider (OpenID Connect)."""
