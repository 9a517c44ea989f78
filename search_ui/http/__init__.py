"""What surrounds every route: identity and permissions, limits, security headers, errors as answers.

Also what routes share: rendering of templates, formatting of values, request bodies as files, and `/healthz`.
"""
