"""What surrounds every route: limits, security headers, identity, errors."""
