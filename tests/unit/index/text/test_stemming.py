from __future__ import annotations

import pytest
from hypothesis import example, given, strategies as st

from index.text.folding import fold
from index.text.stemming import stem


def _stems(words: str) -> set[str]:
    return {stem(fold(word.casefold())) for word in words.split()}


@pytest.mark.parametrize(
    "words",
    [
        # nb
        "kommune kommunen kommuner kommunene kommunenes kommunes",
        "anskaffelse anskaffelsen anskaffelser anskaffelsene anskaffe",
        "vurdering vurderingen vurderinger vurderingene vurdere vurderer vurdert vurderte",
        "sikkerhet sikkerheten sikkerhets",
        "enhet enheten enheter enhetene enhetenes",
        "bruker brukere brukeren brukerne",
        "leder ledere lederen lederne ledernes",
        "artikkel artikler artikkelen artiklene",
        "medlem medlemmer medlemmene medlemmet",
        "møte møter møtet møtene",
        "lov loven lover lovene",
        "krav kravet kravene",
        "åpen åpne åpent",
        "digital digitale digitalt",
        "by byen byer byene",
        "måned måneden måneder månedene",
        "tjeneste tjenesten tjenester tjenestene",
        "søknad søknaden søknader søknadene søknadar søknadane",
        "vedtak vedtaket vedtakene vedtaka",
        "plan planen planer planene planar planane",
        "utslipp utslippet utslippene",
        "ledning ledningen ledninger ledningene",
        "skole skolen skoler skolene",
        "tilskudd tilskuddet tilskuddene",
        "parkering parkeringen parkere parkerer parking parkeren",
        # nn
        "teneste tenesta tenester tenestene",
        "leidning leidningen leidningar leidningane",
        "tilskot tilskotet tilskota",
        "skule skulen skular skulane",
        "eining eininga einingar einingane",
        "avgjerd avgjerda avgjerder",
        "kommune kommunane kommunar",
        "anskaffing anskaffinga anskaffingar anskaffingane",
        "tilgang tilgangen tilgangar tilgangane",
        "verksemd verksemda verksemder verksemdene",
        "innbyggjar innbyggjaren innbyggjarar innbyggjarane",
        "offentleg offentlege",
        "sak saka saker sakene",
        # da
        "kommune kommunen kommunerne kommunernes",
        "aftale aftaler aftalerne aftalen aftalernes",
        "enhed enheden enheder enhederne",
        "møde møder mødet møderne",
        "billede billeder billedet billederne",
        "proces processen processer processerne",
        "borger borgere borgerne",
        "kreds kredsen kredse kredsene kredsenes",
        "ansøgning ansøgningen ansøgninger ansøgningerne",
        "afgørelse afgørelsen afgørelser afgørelserne",
        "udvalg udvalget udvalgene udvalgets",
        "virksomhed virksomheden virksomheder virksomhederne",
        "anlæg anlægget anlæggene",
        # nl
        "overleg overleggen",
        "besluit besluiten",
        "aanvraag aanvragen",
        "vergunning vergunningen",
        "overeenkomst overeenkomsten",
        "stad steden",
        "raadslid raadsleden",
        "gemeente gemeenten",
        "aankoop aankopen",
        "afdeling afdelingen",
        "taak taken",
        "brief brieven",
        "huis huizen",
        "boom bomen",
        "mogelijkheid mogelijkheden",
        "burger burgers",
        "adres adressen",
        "verwerking verwerken",
        "categorie categorieën",
        # en
        "child children",
        "vote votes voted voting",
        "emission emissions",
        "assessment assessments",
        "policy policies",
        "meeting meetings",
        "service services",
        "share shares shared sharing",
        "process processes processing processed",
        "library libraries",
        "direct directly",
    ],
)
def test_the_forms_of_a_word_have_one_stem(words: str) -> None:
    assert len(_stems(words)) == 1


@pytest.mark.parametrize(
    "words",
    [
        "kommunene kommunane kommunerne",
        "sikkerhet sikkerhed",
        "informasjon information informatie",
        "organisasjonene organisationerne organisaties organisations",
        "foreldrene forældrene",
        "offentlige offentlege",
        "hjelp hjælp",
        "dokumentene dokumenter documenten documents",
        "strategier strategieën strategies",
        "år året aar",
        "råd rådet raad",
    ],
)
def test_cognates_fall_together_where_their_endings_allow(words: str) -> None:
    assert len(_stems(words)) == 1


@pytest.mark.parametrize(
    "words",
    [
        # nb, nn
        "person personvern personal",
        "internett intern",
        "måned mann",
        "sikker sikkerhet",
        "enhet enig",
        "regel regjering",
        "storting stor",
        "først forstår",
        "lov låve",
        "data dato",
        "løsning løs",
        "retning rett",
        "demens dem",
        "besøk bok",
        "arbeid arbitrær",
        # da
        "billede bil",
        "kommune kommunikation",
        "forening foreslå",
        # nl
        "maand maan",
        "gemeente gemeenschap",
        "zaal zalf",
        "weten wetten wit",
        "school schaal",
        # en
        "data date",
        "meeting met",
        "recording record",
        "family fame",
        "policy police",
        "planet plan",
        "market mark",
        "parking park",
        "start star",
        "news new",
    ],
)
def test_other_words_stay_apart(words: str) -> None:
    assert len(_stems(words)) == len(words.split())


@pytest.mark.parametrize("word", ["2024", "covid19", "g2", "sky", "by", "ki", "gdpr", "e", "cm", "v"])
def test_words_with_digits_and_short_words_stay(word: str) -> None:
    assert stem(word) == word


@given(st.text(alphabet="abcdefghijklmnoprstuvyz", min_size=1, max_size=30))
@example("parkere")
def test_something_is_always_left(word: str) -> None:
    """The words that have a stem of their own may have a longer one: to park is not about a park."""
    assert 0 < len(stem(word)) <= max(len(word), len("parkering"))
