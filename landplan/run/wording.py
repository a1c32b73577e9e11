"""The sentences a run writes, in Swedish and English, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from landplan.style import Text
from landplan.units import format_number, format_unit

__all__ = ["SENTENCES", "both", "say"]

SENTENCES: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "by_car": Text("med bil", "by car"),
        "by_walk": Text("till fots", "on foot"),
        "by_bike": Text("med cykel", "by bicycle"),
        "answer_catchment": Text(
            "{site} nås av {people_30} invånare inom {near} minuter {by_mode} och av {people_45} inom {far} minuter.",
            "{site} is reached by {people_30} inhabitants within {near} minutes {by_mode} and by {people_45} within {far} minutes.",
        ),
        "season_summer": Text("sommar", "summer"),
        "in_summer": Text("på sommaren", "in summer"),
        "in_winter": Text("på vintern", "in winter"),
        "season_winter": Text("vinter", "winter"),
        "season_answer": Text(
            "{site} nås av {people} invånare inom {minutes} minuter {season}, {base_season} av {before}.",
            "{site} is reached by {people} inhabitants within {minutes} minutes {season}, {base_season} by {before}.",
        ),
        "season_short": Text("{season} blir det {people} inom {minutes} minuter.", "{season} it is {people} within {minutes} minutes."),
        "season_source": Text("Hastigheterna {season} vilar på: {source}.", "Speeds {season} rest on: {source}."),
        "l_season_rings": Text("Nås {season}", "Reached {season}"),
        "l_season_squares": Text("Skillnad mellan {base} och {other}", "Difference between {base} and {other}"),
        "f_season_minutes": Text("Restid, {season}", "Travel time, {season}"),
        "t_season": Text("Invånare som når platsen, {base} och {other}", "Inhabitants who reach the site, {base} and {other}"),
        "everyone": Text("Alla kommuner", "All municipalities"),
        "status_gained": Text("nås bara {season}", "reached {season} only"),
        "status_lost": Text("nås inte {season}", "not reached {season}"),
        "status_faster": Text("kortare restid {season}", "shorter {season}"),
        "status_slower": Text("längre restid {season}", "longer {season}"),
        "status_unchanged": Text("samma restid", "the same"),
        "u_season": Text(
            "Restiderna gäller fri färd {by_mode} {season} utan köer.", "Travel times are for free travel {by_mode} {season}, without queues."
        ),
        "answer_industrial": Text(
            "{name} har högst poäng för industrimark: {score} av 100 bland {count} prövade områden.",
            "{name} scores highest for industrial land: {score} of 100 among {count} areas tested.",
        ),
        "answer_housing": Text(
            "Av {count} bostadsområden ligger {name} bäst för dem som ska arbeta i {site}: {minutes} minuter {by_mode}.",
            "Of {count} housing sites {name} lies best for those who will work at {site}: {minutes} minutes {by_mode}.",
        ),
        "answer_layers": Text(
            "Planen stannar efter lagren: {count} lager är lästa och kontrollerade, inget är ännu beräknat.",
            "The plan stops after the layers: {count} layers are read and checked, nothing is worked out yet.",
        ),
        "answer_none": Text("Ingen mark uppfyller planens villkor.", "No land meets the plan's conditions."),
        "reason_industrial": Text("{near}{labour}tappar mest på {weak}.", "{near}{labour}loses most on {weak}."),
        "reason_working_age": Text(
            "{count} i arbetsför ålder (20–64 år) når det inom {minutes} minuter; ",
            "{count} of working age (20–64) reach it within {minutes} minutes; ",
        ),
        "reason_population": Text(
            "{count} invånare når det inom {minutes} minuter; ", "{count} inhabitants reach it within {minutes} minutes; "
        ),
        "near_road": Text("{value} till större väg", "{value} to a main road"),
        "near_rail": Text("{value} till järnväg", "{value} to a railway"),
        "near_port": Text("{value} till hamn", "{value} to a port"),
        "reason_small": Text(
            " Bara {ha} ha är fri från hinder, planen kräver {min_ha} ha.",
            " Only {ha} ha is free of obstacles, the plan asks for {min_ha} ha.",
        ),
        "reason_commute": Text("{minutes} minuter till {site}", "{minutes} minutes to {site}"),
        "reason_no_way": Text("Ingen väg till {site}", "No way to {site}"),
        "reason_services": Text(
            ", i medeltal {services} minuter till närmaste service", ", {services} minutes on average to the nearest services"
        ),
        "u_synthetic": Text(
            "Vägar, mark, service och befolkning per ruta är påhittade för demonstration: rangordningen visar metoden, inte verkligheten.",
            "Roads, land, services and population per square are made up for demonstration: the ranking shows the method, not reality.",
        ),
        "u_tuned": Text(
            "Demonstrationsvägarnas hastigheter är avpassade efter de publicerade restiderna: att de stämmer är ingen oberoende prövning.",
            "The demonstration roads' speeds were tuned to the published minutes: that they agree is no independent test.",
        ),
        "u_jobs": Text(
            "Antalet arbetstillfällen, {low}–{high}, är ett antagande ({source}).",
            "The number of jobs, {low}–{high}, is an assumption ({source}).",
        ),
        "u_free_flow": Text(
            "Restiderna gäller fri färd {by_mode} utan köer och vinterväglag.",
            "Travel times are for free travel {by_mode}, without queues and winter roads.",
        ),
        "u_ring": Text(
            "{share} % av vägarna inom gränsen för {minutes} minuter nås inte i tid, och {omitted} % av dem som nås ligger utanför den ritade gränsen.",
            "{share} % of the roads inside the {minutes}-minute boundary are not reached in time, and {omitted} % of those reached lie outside it.",
        ),
        "u_off_network": Text(
            "{count} invånare bor mer än {metres} m från närmaste väg och är inte med.",
            "{count} inhabitants live more than {metres} m from the nearest road and are not counted.",
        ),
        "u_check": Text(
            "{what}: beräknat {modelled}, publicerat {published} {unit}.",
            "{what}: modelled {modelled}, published {published} {unit}.",
        ),
        "u_missing_criteria": Text(
            "Kriterier utan underlag räknas inte, de andras vikter är uppräknade: {names}.",
            "Criteria without data are not counted, the others' weights are scaled up: {names}.",
        ),
        "m_score": Text("Poäng", "Score"),
        "m_score_text": Text(
            "Varje kriterium får ett värde 0–1 med sin värdefunktion; poängen är summan av värde gånger vikt, gånger 100: S = 100 · Σ w·v(x). Vikterna summerar till 1.",
            "Each criterion gets a value 0–1 by its value function; the score is the sum of value times weight, times 100: S = 100 · Σ w·v(x). The weights sum to 1.",
        ),
        "m_distance": Text("Avstånd", "Distance"),
        "m_distance_text": Text(
            "Avstånd räknas fågelvägen mellan rutors mittpunkter, exakt, på ett rutnät om {cell} m som täcker området och {halo} m runt det; det som ligger längre bort räknas inte.",
            "Distances are straight lines between cell centres, exact, on a grid of {cell} m that covers the area and {halo} m around it; what lies further away is not counted.",
        ),
        "m_minutes": Text("Restid", "Travel time"),
        "m_minutes_text": Text(
            "Kortaste restid dörr till dörr: från rutans mitt till närmaste väg i {access} km/h (1,3 gånger fågelvägen), sedan längs vägnätet till platsen. En sökning bakåt från platsen ger tiden från alla håll. Personer räknas från restiderna, aldrig från kartans gräns.",
            "Shortest door-to-door time: from the square's centre to the nearest road at {access} km/h (1.3 times the straight line), then along the road network to the site. One search backwards from the site gives the time from everywhere. Persons are counted from the travel times, never from the boundary drawn on the map.",
        ),
        "m_ring": Text("Nås inom 45 minuter (isokron)", "Reached within 45 minutes (isochrone)"),
        "m_ring_text": Text(
            "Gränsen ritas från vägarnas restider och högst {metres} m gång vid sidan av vägen, inte över vatten. Gränserna för olika minuter ligger alltid inuti varandra.",
            "The boundary is drawn from the roads' times and at most {metres} m on foot beside the road, not across water. The boundaries of different minutes always lie inside each other.",
        ),
        "m_sites": Text("Kandidater", "Candidate sites"),
        "m_sites_text": Text(
            "Sammanhängande mark utan hinder, minst {min_ha} ha, som växer ut från de bästa rutorna. Bebyggd mark är aldrig kandidat.",
            "Contiguous land without obstacles, at least {min_ha} ha, grown from the best cells. Built-up land is never a candidate.",
        ),
        "m_housing": Text("Rangordning av bostadsområden", "Ranking of housing sites"),
        "m_housing_text": Text(
            "Restid till {site} ({commute} %), medelrestid till närmaste service ({services} %) och markens lämplighet ({suitability} %); minuterna räknas om till 0–1 mellan bästa och sämsta gräns.",
            "Minutes to {site} ({commute} %), mean minutes to the nearest services ({services} %) and the land's suitability ({suitability} %); minutes become 0–1 between a best and a worst limit.",
        ),
        "t_industrial": Text("Områden för industri i rangordning", "Areas for industry in order"),
        "t_housing": Text("Bostadsområden i rangordning", "Housing sites in order"),
        "t_thresholds": Text("Befolkning inom restid till {site}", "Population within travel time of {site}"),
        "t_municipalities": Text("Befolkning inom restid, per kommun", "Population within travel time, by municipality"),
        "t_localities": Text("Befolkning inom restid, per ort", "Population within travel time, by locality"),
        "t_minutes": Text("Restid från {site} till orter och målpunkter", "Minutes from {site} to places"),
        "t_goals": Text("Mål för folkmängd och vad de kräver", "Population goals and what they ask for"),
        "t_ledger": Text("Mark som faller bort, och varför", "Land left out, and why"),
        "t_roads": Text("Väglängd per vägklass", "Road length by class"),
        "t_departures": Text("Avgångar per hållplats, vardag", "Departures by stop, weekday"),
        "d_rings": Text(
            "Varje yta är steget mellan två gränser; arealen inom gränsen räknar allt från platsen.",
            "Each area is the step between two boundaries; the area within the boundary counts all from the site.",
        ),
        "l_edges": Text("Vägar som nås, efter restid", "Roads reached, by travel time"),
        "l_squares": Text("Befolkning efter restid till {site}", "Population by travel time to {site}"),
        "l_sites": Text("Platser i planen", "Sites of the plan"),
        "l_main_roads": Text("Större vägar", "Main roads"),
        "l_score": Text("Poäng: {title}", "Score: {title}"),
        "l_excluder": Text("Första hinder: {title}", "First obstacle: {title}"),
        "points": Text("{score} av 100", "{score} of 100"),
        "whole_catchment": Text(
            "{site} nås av {people} invånare inom {minutes} minuter {by_mode}", "{site} is reached by {people} inhabitants within {minutes} minutes {by_mode}"
        ),
        "whole_industrial": Text("högst poäng för industrimark har {name} ({score} av 100)", "{name} scores highest for industrial land ({score} of 100)"),
        "whole_housing": Text("bäst för bostäder ligger {name} ({minutes} minuter bort)", "{name} lies best for housing ({minutes} minutes away)"),
        "u_edge": Text(
            "Bara invånare i befolkningslagret räknas; den som bor utanför det är inte med.",
            "Only inhabitants in the population layer are counted; those who live outside it are not.",
        ),
        "part_commute": Text("Restid till {site}", "Minutes to {site}"),
        "part_services": Text("Restid till service, medeltal", "Minutes to services, mean"),
        "part_suitability": Text("Markens lämplighet", "Suitability of the land"),
        "free_land": Text("fri mark", "free land"),
        "kind_named": Text("utpekat område", "named area"),
        "kind_candidate": Text("kandidat", "candidate"),
        "few_persons": Text("färre än {n} personer", "fewer than {n} persons"),
        "working_age_figure": Text("I arbetsför ålder (20–64 år) inom {m} min", "Of working age (20–64) within {m} min"),
        "population_figure": Text("Invånare inom {m} min", "Inhabitants within {m} min"),
        "main_road_figure": Text("Till större väg", "To a main road"),
        "railway_figure": Text("Till järnväg", "To a railway"),
        "port_figure": Text("Till hamn {by_mode}", "To a port {by_mode}"),
        "airport_figure": Text("Till flygplats {by_mode}", "To an airport {by_mode}"),
        "allowed_figure": Text("Fri från hinder", "Free of obstacles"),
        "dwellings_figure": Text("Bostäder", "Dwellings"),
        "stage_figure": Text("Planskede", "Plan stage"),
        "stops_note": Text(
            "{date}: {trips} turer. Ankomster vid slutstation är inte med.",
            "{date}: {trips} trips. Arrivals at the last stop are not counted.",
        ),
        "u_thin_service": Text(
            "Tidtabellen har mycket få turer den valda dagen; kontrollera datum.",
            "The timetable has very few trips on the chosen day; check the date.",
        ),
    }
)


def say(key: str, **values: object) -> Text:
    """Return a sentence in both languages with its values put in.

    A value may be a `Text`; each language then takes its own words.

    Examples
    --------
    >>> say("few_persons", n=3).sv
    'färre än 3 personer'
    """
    words = SENTENCES[key]
    out = []
    for language in ("sv", "en"):
        own = {k: v[language] if isinstance(v, Text) else v for k, v in values.items()}
        out.append(words[language].format(**own))
    return Text(*out)


def both(value: float | None, unit: str = "", decimals: int = 0) -> Text:
    """Write a number in both languages."""
    if unit:
        return Text(format_unit(value, unit, decimals, language="sv"), format_unit(value, unit, decimals, language="en"))
    return Text(format_number(value, decimals, language="sv"), format_number(value, decimals, language="en"))
