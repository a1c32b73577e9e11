"""The words of the village profiles in Swedish and English; the Finnish ones stand in `profile_words_fi`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from landplan.export.profile_words_fi import FINNISH
from landplan.style import Text
from landplan.units import format_number

__all__ = ["PROFILE_WORDS", "ProfileLanguage", "number", "say"]

ProfileLanguage = Literal["sv", "en", "fi"]

PROFILE_WORDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "profile": Text("Byprofil", "Village profile"),
        "index_title": Text("Byprofiler", "Village profiles"),
        "index_help": Text(
            "En sida om varje by, på flera språk, som PDF att skriva ut och som webbsida.",
            "A page about each village, in several languages, as a PDF to print and as a web page.",
        ),
        "language": Text("Svenska", "English"),
        "languages": Text("Språk", "Languages"),
        "banner": Text("DEMONSTRATIONSDATA - får inte användas som beslutsunderlag", "DEMONSTRATION DATA - must not be used as a basis for decisions"),
        "village": Text("by", "village"),
        "smaort": Text("småort", "small locality"),
        "tatort": Text("tätort", "locality"),
        "former_tatort": Text("tidigare tätort", "former locality"),
        "district": Text("stadsdel", "district"),
        "other": Text("ort", "place"),
        "country_SE": Text("Sverige", "Sweden"),
        "country_FI": Text("Finland", "Finland"),
        "country_NO": Text("Norge", "Norway"),
        "municipality": Text("Kommun", "Municipality"),
        "map_alt": Text(
            "Karta över {name} med vägar, vatten och grannorter; cirkeln har radien {km} km.",
            "Map of {name} with roads, water and neighbouring places; the circle has a radius of {km} km.",
        ),
        # the figures
        "population": Text("invånare inom {km} km", "inhabitants within {km} km"),
        "working_age": Text("i arbetsför ålder, 20–64 år", "of working age, 20–64"),
        "score": Text("poäng av 100", "points of 100"),
        "score_title": Text("Vad byn erbjuder inflyttare", "What the village offers newcomers"),
        "score_between": Text(
            "Mellan {low} och {high}, beroende på det som inte är känt.", "Between {low} and {high}, depending on what is not known."
        ),
        "score_help": Text(
            "Strecket visar hur nära bästa värdet byn är; längre till höger är bättre.", "The bar shows how near the best value the village is; further right is better."
        ),
        "of_which": Text("{country}: {people}", "{country}: {people}"),
        # ways
        "ways_car": Text("Restid med bil från byn", "Travel time by car from the village"),
        "ways_walk": Text("Restid till fots från byn", "Travel time on foot from the village"),
        "ways_bike": Text("Restid med cykel från byn", "Travel time by bicycle from the village"),
        "to": Text("Till", "To"),
        "summer": Text("Sommar", "Summer"),
        "winter": Text("Vinter", "Winter"),
        "time": Text("Tid", "Time"),
        "nearest": Text("Närmaste", "Nearest"),
        "shop": Text("Livsmedelsbutik", "Food shop"),
        "pharmacy": Text("Apotek", "Pharmacy"),
        "preschool": Text("Förskola", "Preschool"),
        "compulsory_school": Text("Grundskola", "Compulsory school"),
        "upper_secondary": Text("Gymnasium", "Upper secondary school"),
        "health_centre": Text("Vårdcentral", "Health centre"),
        "care_home": Text("Äldreboende", "Care home"),
        "large_workplace": Text("Arbetsplats med minst {large} anställda", "Workplace with at least {large} employees"),
        "jobs": Text("Arbetstillfällen inom {minutes} min", "Jobs within {minutes} min"),
        # the rest
        "work": Text("Arbete", "Work"),
        "school": Text("Skolväg", "The way to school"),
        "school_way": Text("Väg till närmaste grundskola", "Way to the nearest compulsory school"),
        "persons_beyond": Text("Invånare med längre skolväg än {limit} m", "Inhabitants with a longer way to school than {limit} m"),
        "school_within": Text("Byn ligger inom planens gräns för skolväg, {limit} m.", "The village lies within the plan's limit for the way to school, {limit} m."),
        "school_beyond": Text(
            "Byn ligger bortom planens gräns för skolväg, {limit} m: rätten till skolskjuts prövas.",
            "The village lies beyond the plan's limit for the way to school, {limit} m: school transport is considered.",
        ),
        "around": Text("Runt byn", "Around the village"),
        "fibre_share": Text("Andel med fiber", "Share with fibre"),
        "holiday_houses": Text("Fritidshus inom {km} km", "Holiday homes within {km} km"),
        "people": Text("Invånare", "Inhabitants"),
        "map": Text("Läge", "Where it is"),
        # why not
        "lacking": Text("Uppgift saknas", "Not known"),
        "not_known": Text("uppgift saknas", "not known"),
        "no_layer": Text("lagret {layer} finns inte i planen", "the plan has no layer {layer}"),
        "none_in_layer": Text("finns inte i lagret {layer}", "none in the layer {layer}"),
        "none_around": Text("lagret {layer} har ingen ruta här", "the layer {layer} has no square here"),
        "restricted": Text("lagret {layer} har begränsad delning", "sharing of the layer {layer} is restricted"),
        "off_network": Text("ingen väg inom {snap} m från byn", "no road within {snap} m of the village"),
        "disconnected": Text("ingen väg dit", "no road there"),
        "no_foot_way": Text("ingen väg att gå dit (färja räknas inte)", "no way to walk there (ferries do not count)"),
        "no_service": Text("ingen i landet i planens lager", "none in the country in the plan's layer"),
        "few_persons": Text("färre än {few}", "fewer than {few}"),
        "protected": Text("visas inte: skulle röja färre än {few}", "not shown: it would tell of fewer than {few}"),
        "no_winter": Text("Vinter: planen har inga regler för vinterhastigheter.", "Winter: the plan has no rules for winter speeds."),
        "because": Text("uppgift saknas: {why}", "not known: {why}"),
        "lacks_line": Text("{what}: {why}.", "{what}: {why}."),
        "layer_services": Text("Service", "Services"),
        "layer_workplaces": Text("Arbetsställen", "Workplaces"),
        "layer_population_grid": Text("Befolkning på rutor", "Population on a grid"),
        "layer_roads": Text("Vägar", "Roads"),
        "layer_broadband": Text("Bredband", "Broadband"),
        "layer_holiday_homes": Text("Fritidshus", "Holiday homes"),
        "layer_localities": Text("Tätorter, småorter och byar", "Localities and villages"),
        # how
        "method": Text("Så är det räknat", "How it is worked out"),
        "method_text": Text(
            "Restider är fri färd på vägnätet utan köer, dörr till väg inräknad. Invånare är de i rutor vars mitt ligger inom {km} km; rutor med färre än {few} "
            "räknas ihop med grannrutor. Skolvägen är den kortaste längs väg som får gås; om den är trafiksäker prövas inte. Invånare med lång skolväg är alla åldrar.",
            "Travel times are free travel on the road network without queues, from door to road included. Inhabitants are those in squares whose centre lies "
            "within {km} km; squares with fewer than {few} are counted with their neighbours. The way to school is the shortest along roads that may be walked; "
            "whether it is safe from traffic is not examined. Inhabitants with a long way to school are of all ages.",
        ),
        "limits": Text("Gränser och vikter: {sources}.", "Limits and weights: {sources}."),
        "source": Text("Källor: {sources}.", "Sources: {sources}."),
        "made": Text("Gjord med {credit} {version}, {date}.", "Made with {credit} {version}, {date}."),
        "more": Text("… och {count} till; se tabellen.", "… and {count} more; see the table."),
        "all_villages": Text("Alla byar", "All villages"),
        "as_pdf": Text("PDF", "PDF"),
        "as_page": Text("webbsida", "web page"),
    }
)  # fmt: skip


def say(key: str, language: ProfileLanguage | str, **values: object) -> str:
    """Return a fixed text in Swedish, English or Finnish with its places filled; KeyError when there is none.

    Examples
    --------
    >>> say("population", "fi", km="2"), say("shop", "sv"), say("shop", "en")
    ('asukasta 2 km:n säteellä', 'Livsmedelsbutik', 'Food shop')
    """
    text = FINNISH[key] if language == "fi" else PROFILE_WORDS[key][language]
    return text.format(**values) if values else text


def number(value: float | None, language: ProfileLanguage | str, decimals: int = 0, unit: str = "") -> str:
    """Write a number the language's way: Finnish has the decimal comma and the space of Swedish.

    Examples
    --------
    >>> number(1234.5, "fi", 1).replace(chr(160), " "), number(1234.5, "en", 1)
    ('1 234,5', '1,234.5')
    """
    text = format_number(value, decimals, language="en" if language == "en" else "sv")
    return f"{text}\u00a0{unit}" if text and unit else text
