from __future__ import annotations

from collections.abc import Sequence

import pytest

from index.text import glossary
from index.text.compounds import parts
from index.text.glossary import LANGUAGES, concept_of, concepts, read, term_words, terms_of
from index.text.stemming import stem
from index.text.stopwords import STOP_WORDS


def _stems(text: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in term_words(text))


@pytest.mark.parametrize(
    ("slug", "terms"),
    [
        ("data-protection", ["personvernet", "databeskyttelse", "gegevensbescherming", "data protection", "privacy"]),
        ("data-protection-officer", ["personvernombudet", "personvernombodet", "databeskyttelsesrådgivere"]),
        ("procurement", ["anskaffelsene", "innkjøp", "indkøb", "aankopen", "procurement"]),
        ("framework-agreement", ["rammeavtaler", "rammeaftalerne", "raamovereenkomsten", "framework agreements"]),
        ("risk-assessment", ["risikovurderinger", "risicobeoordeling", "risk assessments"]),
        ("cloud-service", ["skytjenester", "skytenesta", "clouddiensten", "cloud services"]),
        ("municipality", ["kommunane", "kommunerne", "gemeenten", "municipalities"]),
        ("citizen", ["innbyggerne", "innbyggjarane", "borgerne", "burgers", "citizens"]),
        ("emergency-planning", ["beredskapsplanen", "beredskabsplaner", "noodplannen", "emergency planning"]),
        ("waste-sorting", ["avfallssorteringa", "affaldssorteringen", "afvalscheiding", "waste sorting"]),
        ("drinking-water", ["drikkevannet", "drikkevatnet", "drikkevandet", "drinkwater", "drinking water"]),
        ("stormwater", ["overvann", "skybruddet", "wateroverlast", "storm water", "stormwater", "cloudbursts"]),
        ("participatory-budgeting", ["folkebudsjettet", "borgerbudgetter", "burgerbegrotingen"]),
        ("school-transport", ["skoleskyssen", "skuleskyss", "skolekørslen", "leerlingenvervoer", "school transport"]),
        ("building-permit", ["byggesøknader", "byggjesøknaden", "byggetilladelsen", "building permits"]),
        ("case-handling", ["saksbehandlerne", "sagsbehandlere", "case workers", "caseworker"]),
        ("home-care", ["hjemmetjenestene", "heimetenesta", "hjemmeplejen", "thuiszorg", "home nursing"]),
        ("meeting", ["møtene", "møderne", "vergaderingen", "meetings"]),
    ],
)
def test_a_term_in_any_language_and_form_is_its_concept(slug: str, terms: Sequence[str]) -> None:
    for term in terms:
        assert concept_of(_stems(term)) == slug
        assert slug in concepts(["noe", *reversed(_stems(term))])
        assert _stems(term) in terms_of(slug)


def test_a_term_of_several_words_needs_all_of_them() -> None:
    assert "risk-assessment" not in concepts(_stems("risk"))
    assert concept_of(_stems("assessment risk")) is None
    assert concepts(()) == frozenset()


def test_the_parts_of_a_compound_hold_a_concept_too() -> None:
    assert "pipe" in concepts([stem(part) for part in parts("leidningsarbeidet", "nn")])
    assert "emergency-planning" in concepts([stem(part) for part in parts("beredskapsovelsen", "nb")])


def test_a_park_is_no_parking() -> None:
    assert concept_of(_stems("parkene")) is None
    assert concept_of(_stems("parkeringen")) == "parking"


def test_stop_words_in_a_term_do_not_count() -> None:
    assert concept_of(_stems("functionaris gegevensbescherming")) == "data-protection-officer"


def test_terms_are_shown_as_they_are_written() -> None:
    assert glossary.glossary().words["data-protection-officer"]["da"][0] == "databeskyttelsesrådgiver"
    assert tuple(glossary.glossary().words["meeting"]) == LANGUAGES


def test_no_concept_can_be_found_by_a_stop_word() -> None:
    short = {term for slug in glossary.glossary().terms for term in terms_of(slug) if len(term) == 1}
    assert not [term for term in short if term[0] in STOP_WORDS and term[0] not in {"mot", "mod"}]


_GOOD = 'nb = ["sky"]\nnn = ["sky"]\nda = ["sky"]\nnl = ["wolk"]\nen = ["cloud"]\n'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"[one]\n{_GOOD}[two]\n{_GOOD}", "stands in one and in two"),
        (f"[one]\n{_GOOD}".replace("wolk", "het"), "no words but stop words"),
        ('[one]\nnb = ["sky"]\n', "needs terms in each of"),
        (f'[one]\n{_GOOD}sv = ["moln"]\n', "needs terms in each of"),
        (f"[one]\n{_GOOD}".replace('["wolk"]', "[]"), "needs a list of terms for nl"),
        (f"[One]\n{_GOOD}", "small letters and hyphens"),
    ],
)
def test_a_wrong_glossary_is_refused_with_what_to_do(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read(text)
