"""What is taken apart, and what must not be: words judged by hand, most of them of the field."""

from __future__ import annotations

import subprocess
import sys

import pytest

from index.text.compounds import join_compound, parts
from index.text.folding import fold
from index.text.lexicon import SHORTEST, lexicon_of

# The word → the parts that must be among those found.
COMPOUNDS = {
    "nb": """
    personvernombudet:personvern,ombudet anskaffelsesprosessen:anskaffelse,prosessen risikovurdering:risiko,vurdering
    skytjenester:sky,tjenester saksbehandler:sak,behandler kommunestyremøte:kommunestyre,møte barnehage:barn,hage
    innbyggermedvirkning:innbygger,medvirkning informasjonssikkerhet:informasjon,sikkerhet skoledagen:skole,dagen
    sikkerhetskopiene:sikkerhet,kopiene databehandleravtale:databehandler,avtale dokumenttjenesten:dokument,tjenesten
    eldreomsorg:eldre,omsorg rammeavtale:ramme,avtale personopplysninger:person,opplysninger bygdebok:bygd,bok
    idrettslag:idrett,lag kunnskapsdeling:kunnskap,deling velferdsteknologi:velferd,teknologi kartdata:kart,data
    budsjettmøte:budsjett,møte helsetjenester:helse,tjenester avfallshåndtering:avfall,håndtering
    barnevernstjenesten:barnevern,tjenesten ungdomsråd:ungdom,råd arkivplan:arkiv,plan klimaregnskap:klima,regnskap
    anbudskonkurranse:anbud,konkurranse personvernkonsekvenser:personvern,konsekvenser språkrådet:språk,rådet
    driftsavtale:drift,avtale kommunedirektør:kommune,direktør tilgangsstyring:tilgang,styring lovverket:lov,verket
    samarbeidsavtale:samarbeid,avtale nettsiden:nett,siden arbeidsmiljø:arbeid,miljø
    nødstrømsaggregatet:nød,strøm,nødstrøm,aggregatet overvannsledninger:overvann,ledninger flomkartet:flom,kartet
    byggesøknadene:bygge,søknadene drikkevannskilder:drikkevann,kilder julekalenderen:jule,kalenderen eposten:e,posten
    saksbehandlingstid:saksbehandling,tid hjemmesykepleien:hjemme,pleien innbyggertorget:innbygger,torget
    snøbrøyting:snø,brøyting byrådet:by,rådet skoleskyssen:skole,skyssen beredskapsplanene:beredskap,planene
    """,
    "nn": """
    personvernombodet:personvern,ombodet sakshandsaming:sak,handsaming skyteneste:sky,teneste barnehage:barn,hage
    informasjonstryggleik:informasjon,tryggleik innbyggjarmedverknad:innbyggjar,medverknad sjukeheim:sjuke,heim
    kunnskapsdeling:kunnskap,deling dokumentteneste:dokument,teneste tenesteutvikling:teneste,utvikling
    risikovurderinga:risiko,vurderinga rammeavtale:ramme,avtale vassleidningane:vass,leidningane
    leidningsnettet:leidning,nettet naudaggregatet:naud,aggregatet byggjesøknaden:byggje,søknaden
    flaumkartet:flaum,kartet skuleskyssen:skule,skyssen folkebudsjettet:folk,budsjettet heimesjukepleia:heime,pleia
    straumbrotet:straum,brotet vegvedlikehaldet:veg,vedlikehaldet innbyggjartorget:innbyggjar,torget
    """,
    "da": """
    databeskyttelsesrådgiver:databeskyttelse,rådgiver personoplysninger:person,oplysninger sagsbehandling:sag,behandling
    foreningsportalen:forening,portalen medlemslister:medlem,lister kommunalbestyrelse:kommunal,bestyrelse
    risikovurdering:risiko,vurdering rammeaftale:ramme,aftale indkøbsaftaler:indkøb,aftaler vidensdeling:viden,deling
    borgerinddragelse:borger,inddragelse ældrepleje:ældre,pleje sundhedsvæsen:sundhed,væsen
    informationssikkerhed:information,sikkerhed sikkerhedskopi:sikkerhed,kopi byrådsmøde:byråd,møde
    idrætsforening:idræt,forening børnehave:børne,have databehandleraftale:databehandler,aftale
    affaldssortering:affald,sortering digitaliseringsstrategi:digitalisering,strategi skolebestyrelse:skole,bestyrelse
    arbejdsmarkedet:arbejd,markedet julekalender:jule,kalender skybrudsplanen:skybrud,planen nødkaldene:nød,kaldene
    vandværkets:vand,værkets regnvandsbassin:regnvand,bassin affaldsspanden:affald,spanden hjemmeplejen:hjemme,plejen
    telefonnummer:telefon,nummer sommerfesten:sommer,festen håndboldklubben:håndbold,klubben
    """,
    "nl": """
    documentendienst:documenten,dienst documentdienst:document,dienst raamovereenkomst:raam,overeenkomst
    aankoopcentrale:aankoop,centrale privacyverklaring:privacy,verklaring persoonsgegevens:persoon,gegevens
    gemeenteraad:gemeente,raad risicobeoordeling:risico,beoordeling informatiebeveiliging:informatie,beveiliging
    gegevensbescherming:gegeven,bescherming ouderenzorg:ouder,zorg jeugdzorg:jeugd,zorg proefperiode:proef,periode
    sportvereniging:sport,vereniging schoolgebouw:school,gebouw afvalinzameling:afval,inzameling
    klimaatplan:klimaat,plan bibliotheekkaart:bibliotheek,kaart bestemmingsplan:bestemming,plan
    kennisdeling:kennis,deling vrijwilligerswerk:vrijwilligers,werk uitstapregeling:uitstap,regeling
    gegevenswissing:gegeven,wissing noodstroomaggregaat:noodstroom,aggregaat waterleidingen:water,leidingen
    afvalkalender:afval,kalender burgerbegroting:burger,begroting leerlingenvervoer:leerlingen,vervoer
    overstromingskaart:overstroming,kaart bouwaanvraag:bouw,aanvraag schermlezer:scherm,lezer
    burgerparticipatie:burger,participatie verwerkersovereenkomst:verwerker,overeenkomst
    bewaartermijn:bewaar,termijn wetsvoorstel:wet,voorstel dagbesteding:dag,besteding werkgelegenheid:werk,gelegenheid
    """,
    "en": """
    stormwater:storm,water helpdesk:help,desk caseworkers:case,workers databases:data,bases email:e,mail
    cybersecurity:cyber,security streetlights:street,lights wastewater:waste,water chatbot:chat,bot
    """,
}
SIMPLE = {
    "nb": """
    kommune kommunen personer sammen berging beslutning forskning utvikling innbygger opplæring vurdering tilsyn
    forvaltning digitalisering organisasjon behandling kommunikasjon mennesker regjeringen vedtak forskjellige spørsmål
    arbeider samtykke anskaffelse erfaringer tjeneste tjenestene innsyn leverandør utdanning foreldre internasjonale
    president universitet politikk området kompetanse bibliotek samarbeid sletting internett undersøkelse medarbeider
    tilstand avdeling forurensning avgjørelse fremtiden hendelse representant kontakt gjennomføring nødvendig
    """,
    "nn": "kommunane verksemd tryggleik rettleiing opplæring løysing vurdering tilskot tilgjenge oppgåve røynsle",
    "da": """
    kommunerne forskning beslutning samtykke beskyttelse oplysninger anvendelse udvikling spørgsmål forældre virksomhed
    aftaler ansvarlig organisation billeder regeringen fællesskab myndighed snedigt amagerbro
    """,
    "nl": """
    vergadering gemeente gemeenten beslutning berging besluit besluiten onderzoek overheid vereniging inwoners
    toestemming afspraken medewerkers samenwerking mogelijkheden ervaring vergunningen attesten standaarden demonstratie
    verkiezingen ondersteuning voorziening ontwikkeling verantwoording begeleiding handhaving bijeenkomst
    verwerking internet kabinet openbaarheid minister president leverancier opleiding
    """,
    "en": """
    procurement playground framework personal together understand carpet season target important heritage history
    contract manage interest partnership without however something notice office network support permission
    """,
}


def _cases() -> list[tuple[str, str, set[str]]]:
    return [
        (language, word, {fold(part) for part in wanted.split(",")})
        for language, table in COMPOUNDS.items()
        for word, wanted in (line.split(":") for line in table.split())
    ]


@pytest.mark.parametrize(("language", "word", "wanted"), _cases())
def test_a_compound_is_taken_apart(language: str, word: str, wanted: set[str]) -> None:
    found = parts(fold(word), language)
    assert wanted <= set(found), found
    assert fold(word) not in found
    assert all(part in fold(word) for part in found)


@pytest.mark.parametrize(
    ("language", "word"), [(code, word) for code, table in SIMPLE.items() for word in table.split()]
)
def test_a_word_that_is_no_compound_stays_whole(language: str, word: str) -> None:
    assert parts(fold(word), language) == ()


def test_parts_of_several_words_are_found_too() -> None:
    assert parts("databehandleravtale", "nb") == ("data", "databehandler", "behandler", "behandleravtale", "avtale")


@pytest.mark.parametrize("language", ["", "de", "no"])
def test_other_languages_are_left_alone(language: str) -> None:
    assert parts("anskaffelsesprosessen", language) == ()
    assert join_compound("sky", "losning", language) is None


@pytest.mark.parametrize("word", ["", "sky", "skytjeneste2", "sky" * 40])
def test_what_is_no_word_is_left_alone(word: str) -> None:
    assert parts(word, "nb") == ()


@pytest.mark.parametrize(
    ("left", "right", "language", "whole"),
    [
        ("sky", "løsning", "nb", "skyløsning"),
        ("sky", "løsninger", "nb", "skyløsninger"),
        ("personvern", "ombudet", "nb", "personvernombudet"),
        ("barn", "hage", "nb", "barnehage"),
        ("informasjon", "tryggleik", "nn", "informasjonstryggleik"),
        ("data", "beskyttelse", "da", "databeskyttelse"),
        ("sag", "behandling", "da", "sagsbehandling"),
        ("gemeente", "raad", "nl", "gemeenteraad"),
        ("document", "dienst", "nl", "documentdienst"),
        ("byggje", "søknaden", "nn", "byggjesøknaden"),
        ("e", "post", "nb", "epost"),
        ("help", "desk", "en", "helpdesk"),
        ("case", "workers", "en", "caseworkers"),
        ("storm", "water", "en", "stormwater"),
        ("frame", "work", "en", "framework"),
        ("e", "mail", "en", "email"),
    ],
)
def test_words_written_apart_are_put_together(left: str, right: str, language: str, whole: str) -> None:
    assert join_compound(fold(left), fold(right), language) == fold(whole)


@pytest.mark.parametrize(
    ("left", "right", "language"),
    [
        ("digital", "post", "nb"),
        ("felles", "anskaffelse", "nb"),
        ("i", "dag", "nb"),
        ("for", "slag", "nb"),
        ("to", "gether", "en"),
        ("under", "stand", "en"),
        ("water", "committee", "en"),
        ("e", "water", "en"),
    ],
)
def test_words_that_make_no_known_compound_stay_apart(left: str, right: str, language: str) -> None:
    assert join_compound(left, right, language) is None


def test_our_words_are_read_folded_and_in_every_language_there_is() -> None:
    for language in COMPOUNDS:
        lexicon = lexicon_of(language)
        assert lexicon is not None
        assert lexicon.listed
        assert [word for word in (*lexicon.apart, *lexicon.short) if word != fold(word) or not word.isalpha()] == []
        assert all(len(word) == SHORTEST for word in lexicon.short)


def test_importing_loads_no_word_list() -> None:
    code = "import sys, index.text.compounds; print('wordfreq' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
