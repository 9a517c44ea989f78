"""Every error Kring raises on purpose.

    KringError
    ├── InputError            what came in cannot be used; trying again cannot help
    │   ├── EmptyFile · NotMedia · NoSound · TooLong · BadTranscript
    │   ├── UnknownCircle · UnknownLanguage · BadMetadata · BadQuery
    │   └── SourceError       a feed or folder that is not what the settings say
    ├── SetupError            this machine lacks something (weights, ffmpeg, a setting)
    ├── NotFound              no such object or recording
    ├── Conflict              another person or process changed it first
    ├── NotAllowed            this person, or a page of another site, may not do that
    │   └── BadKey            no key that is good now
    ├── Damaged               what is stored is not what was stored
    └── TransientError        may pass later, unchanged
        ├── StorageDown · OrchestratorDown · ProviderDown
        ├── SearchDown
        │   └── IndexNotReady there is nothing to search in until it is built (again) from the bucket
        ├── SourceDown
        │   ├── SlowSource    it sends, but so slowly that others have their turn first
        │   └── Busy          it says until when it does not want to be asked again
        └── DiskFull

A message is one sentence for people that says what happened and what to do, without secrets.
`transient` is the only thing that decides whether a step is tried again.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

from kring.sentence import Sentence


class KringError(Exception):
    """Base of all; `str(error)` is fit to be shown to a facilitator.

    `BadQuery("There is no {name}", name="circel")`: the sentence and its values stay apart, so that who shows it can
    say it in another language. Without values the sentence is taken as it is.
    """

    transient: ClassVar[bool] = False

    def __init__(self, template: str = "", **values: object) -> None:
        super().__init__(template.format(**values) if values else template)
        self.template = template
        self.values = values

    @property
    def sentence(self) -> Sentence:
        """The message with what it was made from, to be stored or shown in another language."""
        return Sentence(self.template, **self.values)

    @classmethod
    def saying(cls, sentence: Sentence) -> Self:
        """An error with this message, made from the same template and values."""
        return cls(sentence.template, **sentence.values)


class InputError(KringError): ...


class EmptyFile(InputError): ...


class NotMedia(InputError): ...


class NoSound(InputError): ...


class TooLong(InputError): ...


class BadTranscript(InputError): ...


class UnknownCircle(InputError): ...


class UnknownLanguage(InputError): ...


class BadMetadata(InputError): ...


class BadQuery(InputError): ...


class SourceError(InputError): ...


class NotThere(SourceError):
    """What a source offered cannot be fetched as it is now; a later look at the source may find it."""


class Gone(NotThere):
    """It was taken away for good, says its server: it is not asked for again."""


class SetupError(KringError): ...


class NotFound(KringError): ...


class Conflict(KringError): ...


class NotAllowed(KringError): ...


class BadKey(NotAllowed): ...


class Damaged(KringError): ...


class TransientError(KringError):
    transient: ClassVar[bool] = True


class StorageDown(TransientError): ...


class SearchDown(TransientError): ...


class IndexNotReady(SearchDown): ...


class OrchestratorDown(TransientError): ...


class ProviderDown(TransientError):
    """A provider of accounts does not answer as it should, so nobody can sign in there now."""


class SourceDown(TransientError): ...


class SlowSource(SourceDown): ...


class Busy(SourceDown):
    """Its server says for how long it does not want to be asked again."""

    def __init__(self, template: str = "", *, until: datetime | None = None, **values: object) -> None:
        super().__init__(template, **values)
        self.until = until


class DiskFull(TransientError): ...
