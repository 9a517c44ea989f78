"""Addresses by which podcast apps follow feeds for people, in the bucket, each under the hash of the token in it."""

from __future__ import annotations

from kring.model import now
from kring.people.accounts import Account, FeedToken, new_feed_token
from storage.archive.api_keys import ProgramSecrets
from storage.keys import FEED_TOKENS, feed_token_key
from storage.port import ObjectStore

TOKEN_SHOWN = 16
"""Letters of a token that are shown later; the first eleven are the same for all."""


class FeedTokens(ProgramSecrets[FeedToken]):
    """Tokens in the addresses of private feeds."""

    def __init__(self, store: ObjectStore) -> None:
        super().__init__(store, FeedToken, FEED_TOKENS, feed_token_key)

    def make(self, account: Account, name: str, feed: str, circle: str | None = None) -> str:
        """A new token for a feed (its path and parameters), or that of one circle."""
        token = new_feed_token()
        document = FeedToken(
            account_id=account.id, name=name, begins=token[:TOKEN_SHOWN], feed=feed, circle=circle, made_at=now()
        )
        return self.add(token, document)
