"""What Whisper is known to invent, told from what was said. Pure; nothing is thrown away without a reason.

Trained on subtitles, Whisper fills music and noise with the credits at their end, repeats itself in loops, and
returns the glossary it was given as if it had been spoken.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from kring.model import Dropped, Segment, Word
from kring.text import normalized


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """A sentence with what the engine thinks of it."""

    segment: Segment
    log_probability: float
    """Mean natural logarithm of the tokens' probabilities in its window."""
    no_speech: float
    """Probability, 0 to 1, that there is no speech in its window."""
    voiced: float = 1.0
    """Share of its time, 0 to 1, in which the voice activity detector is sure of speech; or of its
    window's, if that is less."""
    window: int = 0
    """Sentences of one window were written in one go: only there can the engine have got into a loop."""


UNSURE = -1.0
"""Whisper's own `logprob_threshold` …"""
NO_SPEECH = 0.6
"""… and `no_speech_threshold` (`whisper/transcribe.py`), applied here so that what they take out is kept for audit."""
VOICELESS = ((0.1, -0.5), (0.3, UNSURE))
"""A sentence with less voice under it than the one, and a log probability below the other, is made of noise."""
REPEATS = 2
"""So many equal sentences in a row may be speech (“Ja.” “Ja.”); further ones in the same window are a loop."""
COMPRESSION = 2.4
"""Whisper's own `compression_ratio_threshold`: text that zlib makes so much smaller repeats itself."""
LOOP = 4
"""So many equal phrases in a row inside a segment are a loop …"""
LOOP_WORDS = 8
"""… when they are at least so many words."""
ECHO_WORDS = 5
"""So many words that stand in the prompt in the same order are an echo of it."""

BYLINES = {
    "nb": r"(norske? )?(teksting|tekstet|tekst(er)?|undertekst(er|ing|et)?|oversatt|oversettelse)( og \w+)?( er)?"
    r"( (av|ved)|:)",
    "nn": r"(nynorske? )?(teksta|teksting|undertekst(ar|ing)|omsett|omsetjing)( og \w+)? av",
    "da": r"(danske )?(tekster|tekstet|tekstning|undertekster|oversat|oversættelse)( og \w+)?( (af|ved)|:)",
    "nl": r"(nederlandse )?(ondertitel(s|ing|d)|vertaling|vertaald|bewerking)( en \w+)?"
    r"(( (ingediend|verzorgd|gemaakt))? door|:)",
    "en": r"(english )?(subtitl(es|ed|ing)|caption(s|ed|ing)|subs|transcri(bed|pt|ption)|translat(ed|ion))( and \w+)?"
    r"( (provided|created|made|edited))? by",
}
"""How a subtitler's credit begins, by the language it is in; a name follows and nothing else."""

FAREWELLS = {
    "nb": (
        r"takk for at (du|dere) (så|ser|har sett|lyttet|hørte)( på| med)?( (videoen|denne videoen))?",
        r"(husk å )?abonnere? på kanalen( min| vår)?",
        r"teksting|undertekster",
    ),
    "nn": (r"takk for at (du|de) såg( på)?",),
    "da": (
        r"tak (fordi|for at) (du|i) (så|ser|har set|kiggede)( med| på)?( (videoen|denne video))?",
        r"danske tekster|undertekster",
    ),
    "nl": (
        r"bedankt voor het kijken( naar (de|deze) video)?",
        r"ondertitel(s|ing) ingediend door de amara org gemeenschap",
        r"ondertitel(s|ing)|tv gelderland( 20\d\d)?",
    ),
    "en": (
        r"(thank you|thanks)( so much| very much)? for (watching|viewing)( (this|the|my) video)?",
        r"(please |don't forget to )?(like and )?subscribe( to (my|our|the) channel)?",
        r"subtitles by the amara org community|(www )?(amara|opensubtitles) org",
    ),
}
"""Other whole segments from the end of videos, in plain form (see `plain`), by language.

Both lists are tried whatever the language: a Norwegian recording is as likely to get a Danish credit."""

_CAPITALISED = r"[A-ZÀ-ÖØ-Þ][\w.'’&-]*"
_SITE = r"(?:https?://|www\.)\S+|\w[\w-]*\.(?:com|ai|org|net|no|dk|nl|be|io)"
_NAME = rf"(?:{_SITE})|{_CAPITALISED}(?: (?:{_CAPITALISED}|av|af|van|den?|der|von|og|en|and|&|\d{{4}}))*"
_BYLINE = re.compile(rf"(?i:{'|'.join(f'(?:{head})' for head in BYLINES.values())})[: ]+(?:{_NAME})")
_FAREWELL = re.compile("|".join(f"(?:{pattern})" for patterns in FAREWELLS.values() for pattern in patterns))


def plain(text: str) -> str:
    """Lower case, words and digits only, single spaces: “Teksting av: N. N.” gives “teksting av n n”."""
    lowered = normalized("NFC", text).lower().replace("’", "'")
    letters = "".join(c if c.isalnum() or c == "'" else " " for c in lowered)
    return " ".join(letters.split())


def is_credit(text: str) -> bool:
    """Whether a whole segment is a subtitle credit or the farewell of a video, not a speaker's words."""
    line = " ".join(text.split()).strip('-–—.,!?()[]"«»“”♪* ')
    return _BYLINE.fullmatch(line) is not None or _FAREWELL.fullmatch(plain(text)) is not None


def loop_in(words: Sequence[str]) -> tuple[int, int] | None:
    """The longest run of one phrase said `LOOP` times or more in a row: its first word and the one after its last."""
    longest: tuple[int, int] | None = None
    for size in range(1, len(words) // LOOP + 1):
        start = 0
        while start + size * LOOP <= len(words):
            end = start + size
            while end < len(words) and words[end] == words[end - size]:
                end += 1
            seconds = end - start
            if seconds >= max(size * LOOP, LOOP_WORDS) and (longest is None or seconds > longest[1] - longest[0]):
                longest = start, end
            start = max(end - size, start) + 1
    return longest


def is_repetitive(text: str) -> bool:
    """Whether a window's text repeats itself more than speech does: an engine in a loop, or a speaker who does."""
    data = text.encode()
    return len(data) > COMPRESSION * len(zlib.compress(data)) or loop_in(plain(text).split()) is not None


def is_echo(text: str, prompt: str | None) -> bool:
    """Whether a segment is a piece of the prompt, long enough not to be chance."""
    words = plain(text)
    return prompt is not None and words.count(" ") + 1 >= ECHO_WORDS and f" {words} " in f" {plain(prompt)} "


def sift(
    sentences: Iterable[ScoredSentence], prompt: str | None = None
) -> tuple[tuple[Segment, ...], tuple[Dropped, ...]]:
    """The segments to keep, and those kept out with the reason for each; together all that was heard."""
    segments: list[Segment] = []
    dropped: list[Dropped] = []
    last, times = ("", -1), 0
    for sentence in (part for scored in sentences for part in _parted(scored)):
        here = plain(sentence.segment.text), sentence.window
        last, times = here, times + 1 if here == last else 1
        reason = _reason(sentence, prompt, times)
        if reason is None:
            segments.append(sentence.segment)
        else:
            dropped.append(Dropped(segment=sentence.segment, reason=reason))
    return tuple(segments), tuple(dropped)


def _parted(sentence: ScoredSentence) -> Iterator[ScoredSentence]:
    """A sentence whose engine got into a loop in its midst: what was said before it, the loop, what came after."""
    words = sentence.segment.words
    loop = loop_in(_tokens(sentence.segment))
    if loop is None or not words:
        yield sentence
        return
    first, last = loop
    if first > 0:
        yield from _parted(_part(sentence, words[:first]))
    yield _part(sentence, words[first:last])
    if last < len(words):
        yield from _parted(_part(sentence, words[last:]))


def _tokens(segment: Segment) -> list[str]:
    """Its words, each in one piece: “e-post” four times is four words."""
    return ["".join(plain(word.text).split()) for word in segment.words] or plain(segment.text).split()


def _part(sentence: ScoredSentence, words: tuple[Word, ...]) -> ScoredSentence:
    glue = " " if " " in sentence.segment.text else ""
    segment = sentence.segment.model_copy(
        update={
            "start": words[0].start,
            "end": words[-1].end,
            "text": glue.join(word.text for word in words),
            "words": words,
        }
    )
    return replace(sentence, segment=segment)


def _reason(sentence: ScoredSentence, prompt: str | None, times: int) -> str | None:
    text = sentence.segment.text
    why = {
        "no words": not plain(text),
        "subtitle credit": is_credit(text),
        f"probably no speech (no speech {sentence.no_speech:.2f}, log probability {sentence.log_probability:.2f})": (
            sentence.no_speech > NO_SPEECH and sentence.log_probability < UNSURE
        ),
        f"hardly a voice (in {sentence.voiced:.0%} of its time, log probability {sentence.log_probability:.2f})": (
            any(sentence.voiced < share and sentence.log_probability < log for share, log in VOICELESS)
        ),
        "repeats itself": loop_in(_tokens(sentence.segment)) is not None,
        f"same words {times} times in a row": times > REPEATS,
        "echo of the glossary": is_echo(text, prompt),
    }
    return next((reason for reason, holds in why.items() if holds), None)
