"""Function words of the five languages together, folded: they say nothing of what a passage is about.

The language of a query's word is unknown, so one list serves all. A function word that means something in another of
the five languages, folded, or is a common first name is left out and stays searchable:

- nb, nn, da: men, man, dog (en), mens (a human), kor (a choir), vare (våre, but goods too), made (måde, a way), vel
- nl: die (en), door (en), want (en), ben (a leg)
- en: by (a town), it (IT), like (equal), kind (a child), let (easy), last (a load), may (a month), even (a name), make
- names: hans, per, anna
"""

from __future__ import annotations

_BOKMAL = """
alle allerede alt altsa andre annen annet at av bare ble bli blir blitt bort da de deg dem den denne der dere deres
derfor det dette din disse ditt du eller en enda ene enn enna er et ett etter flere for fordi fore fra fram frem ga
ganske gjennom gjor gjore gjorde gjort ha hadde han har heller helt hennes her hos hun hva hvem hver hverandre hvert
hvilke hvilken hvilket hvis hvor hvordan hvorfor igjen ikke imot inn innen jeg jo kan kanskje kom kun kunne litt ma
med meg mellom mer mest mitt mot mye na nar ned nei noe noen nok og ogsa om opp oss over pa rundt sa samme samt seg
selv sin sine sitt skal skulle slik slike som sann til under ut uten vaere vaert var vart ved vi vil ville
"""
_NYNORSK = """
anten berre blei dei deira desse di dit dykk dykkar eg ein eit eitt eigen ennu enno fleire fyrst gjer gjera gjere
gjekk ho ikkje ingen inkje kva kvar kvarandre kvart kven kvifor korfor korleis medan meir mellom mykje nokon noko
nokre sidan sjolv sleik so somme um utan vere vera vert verta verte vore att
"""
_DANISH = """
ad af aldrig altid anden andet begge blev blevet blive bliver derfra dig ej ellers end endnu efter eftersom fa faa fik
forst gennem gor gore ham have havde hen hende hendes hvad hverken hvornar imellem imod ind inden intet ja jer jeres
lidt ligesom meget mere mig min mindre mit mod naesten noget nogen nogle nu op os sadan saledes sammen selvom sig
siden sit snart stadig uden vaeret var vor vores
"""
_DUTCH = """
aan al alleen alles als alsof altijd ander andere anders bij bijna binnen boven bovendien buiten daar daarbij daarmee
daarna daarom daarop daarvan dan dat deze dezelfde doch doen doet dus echter een eens eerst eigen elk elkaar elke
enkel enkele eraan erbij ermee erop ervan ge geen geweest haar had hadden heb hebben hebt heeft heel hem het hier
hierbij hij hoe hoewel hun ieder iedere iedereen iemand iets ik in indien is je jij jou jouw jullie kon konden kunnen
maar mag me mee meer meest meestal met mijn misschien moest moesten moet moeten mogen naar nadat nee niet niets nog
nooit of omdat onder ons onze ook opdat overal reeds sinds slechts sommige soms steeds te tegen ten tenzij ter terug
terwijl tijdens toch toe toen tot totdat tussen u uit uw vaak van vanaf veel vele via volgens voor vooral voordat waar
waarbij waardoor waarin waarmee waarom waarop waarvan wanneer waren was wat we weer wel welk welke werd werden wie wij
word worden wordt zal ze zeer zelf zelfs zich zij zijn zo zoals zodat zonder zou zouden zowel zullen
"""
_ENGLISH = """
a about above after again against all almost already also although always am among an and another any anybody anyone
anything are around as away be because become been before being below between both but can cannot could did do does
doing done down during each either else enough ever every everybody everyone everything few from further get gets
getting give gives given go goes going gone got has having he herself him himself his how however i if into its itself
just least less ll lot many maybe me might more most much must my myself neither never no nobody none nor not nothing
now off often on once one only onto or other others our ours ourselves out own perhaps quite rather re really s she
should since some somebody someone something sometimes soon still such than that the their theirs them themselves then
there therefore these they thing things this those though through thus to together too toward towards until up upon us
usually ve very well went were what whatever when whenever where whether which while who whole whom whose why will
with within without would yet you your yours yourself t d m don doesn didn isn wasn
"""

STOP_WORDS: frozenset[str] = frozenset(" ".join((_BOKMAL, _NYNORSK, _DANISH, _DUTCH, _ENGLISH)).split())
"""All five languages', folded."""

_NAMED = """
allé andré hø hår køn møre nøgen nøgle skål sø søm ål ånd ånden ånder åre ås øm
"""
NO_STOP_WORDS: frozenset[str] = frozenset(_NAMED.split())
"""Nouns and names (Ås, Ål, Møre, André) that fold into a stop word: with their own letters they are none."""
