"""Where everything lies in the bucket. Keys are made of hashes, ids and our own names, never of what a person typed.

The functions raise ValueError if they are given no such id, hash or name: that is a mistake in the program.

originals/sha256/ab/abcdef…               `kring.model.Original.key`
renditions/<sha256>/<recipe>/<name>
transcripts/<sha256>/<fingerprint>.json
corrections/<recording-id>/<n>.json
recordings/<recording-id>.json
circles/<slug>.json
runs/<recording-id>.json
uploads/<recording-id>.json
requests/<recording-id>.json              what was asked for, until it was received
index-owner.json                          which Kring feeds the search index
incoming/<recording-id>                   bytes of an upload until a run has taken them in
addresses/<recording-id>.json             a whole address, with the secrets in it, until it was fetched
left-out/<installation>/<source>.json     what a source offers and could not be taken in
feeds/<id>.json                           what a feed offered when it was last read whole
people/<id>.json                          who can sign in, and their roles
invitations/<hash>.json                   links that let one person in, once
keys/<hash>.json                          keys by which programs act for people
feed-tokens/<hash>.json                   addresses by which podcast apps follow feeds for people
logins/<hash>.json                        whose account a provider's subject is
sessions/<hash>.json                      browsers in which people are signed in
audit/<n>.json                            what people did, each with the hash of the one before
erased/<recording-id>.json                what was erased, so that no source brings it back, and what is to be
withdrawn/<recording-id>                  empty: it is withdrawn, as its manifest says
erasing/<recording-id>                    empty: it is being erased
cutting/<recording-id>                    empty: a passage is being taken out of it, as its manifest says
retention.json                            since when facilitators are told what is to be erased soon
verify/findings.json                      damage that was found
damaged/<key>                             documents that could not be read, set aside by `kring repair`
"""

from __future__ import annotations

import hashlib
import re

RECORDINGS = "recordings/"
CIRCLES = "circles/"
TRANSCRIPTS = "transcripts/"
RUNS = "runs/"
CORRECTIONS = "corrections/"
UPLOADS = "uploads/"
REQUESTS = "requests/"
INCOMING = "incoming/"
INDEX_OWNER = "index-owner.json"
ADDRESSES = "addresses/"
FEEDS = "feeds/"
LEFT_OUT = "left-out/"
PEOPLE = "people/"
INVITATIONS = "invitations/"
SESSIONS = "sessions/"
LOGINS = "logins/"
API_KEYS = "keys/"
FEED_TOKENS = "feed-tokens/"
AUDIT = "audit/"
ERASED = "erased/"
ERASING = "erasing/"
CUTTING = "cutting/"
WITHDRAWN = "withdrawn/"
NOTICES = "retention.json"
FINDINGS = "verify/findings.json"
"""What the last looks over the bucket have found."""
ASIDE = "damaged/"
"""Documents that cannot be read and were set aside, under the key they had."""
PROBES = "probes/"
"""What is written and deleted at once, to see whether the store works."""

PROBE_RECIPE = "probe-1"
MEDIA_MARK = "media.json"
"""What `probe` found; that it is there says that the step is complete …"""
RENDITIONS_MARK = "renditions.json"
"""… and so does this list of what `render` made."""

_ID = re.compile(r"[0-9a-f]{16}")
_CORRECTION = re.compile(rf"{CORRECTIONS}([0-9a-f]{{16}})/([0-9]{{6,}})\.json")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")


def manifest_key(recording_id: str) -> str:
    """The manifest of a recording."""
    return f"{RECORDINGS}{_fit(_ID, recording_id)}.json"


def circle_key(slug: str) -> str:
    """A circle."""
    return f"{CIRCLES}{_fit(_NAME, slug)}.json"


def transcript_key(sha256: str, fingerprint: str) -> str:
    """One transcript of an original (`sha256`), by the fingerprint of how it was made."""
    return f"{transcripts_of(sha256)}{_fit(_NAME, fingerprint)}.json"


def transcripts_of(sha256: str) -> str:
    """Where all that was heard in one original lies."""
    return f"{TRANSCRIPTS}{_fit(_SHA256, sha256)}/"


def rendition_key(sha256: str, recipe: str, name: str) -> str:
    """One file that `recipe` makes of an original."""
    return f"renditions/{_fit(_SHA256, sha256)}/{_fit(_NAME, recipe)}/{_fit(_NAME, name)}"


def activity_key(recording_id: str) -> str:
    """Which process works on a recording, and how far it is."""
    return f"{RUNS}{_fit(_ID, recording_id)}.json"


def correction_key(recording_id: str, number: int) -> str:
    """In order of their numbers, keys are in order of the alphabet."""
    return f"{corrections_of(recording_id)}{number:06}.json"


def corrections_of(recording_id: str) -> str:
    """Where all that people have changed about one recording lies."""
    return f"{CORRECTIONS}{_fit(_ID, recording_id)}/"


def correction_named(key: str) -> tuple[str, int] | None:
    """Of which recording a correction is, and its number; None if the key is none of a correction."""
    match = _CORRECTION.fullmatch(key)
    return (match[1], int(match[2])) if match else None


def upload_key(recording_id: str) -> str:
    """What is known of an upload."""
    return f"{UPLOADS}{_fit(_ID, recording_id)}.json"


def request_key(recording_id: str) -> str:
    """What was asked for, until it was received."""
    return f"{REQUESTS}{_fit(_ID, recording_id)}.json"


def incoming_key(recording_id: str) -> str:
    """The bytes of an upload, until a run has taken them in."""
    return f"{INCOMING}{_fit(_ID, recording_id)}"


def address_key(recording_id: str) -> str:
    """The whole address of a recording, with the secrets in it."""
    return f"{ADDRESSES}{_fit(_ID, recording_id)}.json"


def id_of(name: str) -> str:
    """The id by which a key names a source or an installation: its own name may hold anything."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def left_out_key(looker_id: str, source_id: str) -> str:
    """What one installation could not take in from one source; both by `id_of`."""
    return f"{LEFT_OUT}{_fit(_ID, looker_id)}/{_fit(_ID, source_id)}.json"


def older_left_out_key(source_id: str) -> str:
    """Where Kring wrote it before machines had lists of their own."""
    return f"{LEFT_OUT}{_fit(_ID, source_id)}.json"


def feed_key(feed_id: str) -> str:
    """What a feed offered when it was last read whole."""
    return f"{FEEDS}{_fit(_ID, feed_id)}.json"


def account_key(account_id: str) -> str:
    """A person who can sign in."""
    return f"{PEOPLE}{_fit(_ID, account_id)}.json"


def invitation_key(code_hash: str) -> str:
    """A link that lets one person in, by the SHA-256 of its code."""
    return f"{INVITATIONS}{_fit(_SHA256, code_hash)}.json"


def login_key(login_hash: str) -> str:
    """Whose account a provider's subject is, by the SHA-256 of issuer and subject."""
    return f"{LOGINS}{_fit(_SHA256, login_hash)}.json"


def api_key_key(key_hash: str) -> str:
    """A key by which a program acts for somebody, by its SHA-256."""
    return f"{API_KEYS}{_fit(_SHA256, key_hash)}.json"


def feed_token_key(token_hash: str) -> str:
    """A private feed's address, by the SHA-256 of the token in it."""
    return f"{FEED_TOKENS}{_fit(_SHA256, token_hash)}.json"


def audit_key(number: int) -> str:
    """One act of somebody; in order of their numbers, keys are in order of the alphabet."""
    return f"{AUDIT}{number:010}.json"


def session_key(secret_hash: str) -> str:
    """A browser in which somebody is signed in, by the SHA-256 of its secret."""
    return f"{SESSIONS}{_fit(_SHA256, secret_hash)}.json"


def erasure_key(recording_id: str) -> str:
    """That a recording was erased, or is to be."""
    return f"{ERASED}{_fit(_ID, recording_id)}.json"


def erasing_key(recording_id: str) -> str:
    """That the erasure of a recording has not come to its end."""
    return f"{ERASING}{_fit(_ID, recording_id)}"


def cutting_key(recording_id: str) -> str:
    """That a passage is being taken out of a recording."""
    return f"{CUTTING}{_fit(_ID, recording_id)}"


def withdrawn_key(recording_id: str) -> str:
    """That a recording is withdrawn."""
    return f"{WITHDRAWN}{_fit(_ID, recording_id)}"


def renditions_of(sha256: str) -> str:
    """Where all that was made of one original lies, but its transcripts."""
    return f"renditions/{_fit(_SHA256, sha256)}/"


def _fit(pattern: re.Pattern[str], part: str) -> str:
    """`part` itself. Raises ValueError if it is no such part: that is a mistake in the program."""
    if pattern.fullmatch(part) is None:
        raise ValueError(f"{part!r} cannot be part of a key")
    return part
