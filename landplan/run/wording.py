"""The sentences a run writes, in Swedish and English, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from landplan.run.card_words import CARDS
from landplan.style import Text
from landplan.units import format_number, format_unit

__all__ = ["SENTENCES", "both", "minutes", "say"]

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
        "scenario_season": Text("Årstid: {title}", "Season: {title}"),
        "scenario_scenario": Text("Åtgärd: {title}", "Measure: {title}"),
        "without_measure": Text("utan åtgärd", "without the measure"),
        "in_without_measure": Text("utan åtgärden", "without it"),
        "in_measure": Text("med åtgärden {title}", "with {title}"),
        "variant_answer": Text(
            "{site} nås av {people} invånare inom {minutes} minuter {case}, {base_case} av {before}.",
            "{site} is reached by {people} inhabitants within {minutes} minutes {case}, {base_case} by {before}.",
        ),
        "variant_short": Text("{case} blir det {people} inom {minutes} minuter.", "{case} it is {people} within {minutes} minutes."),
        "season_source": Text("Hastigheterna {case} vilar på: {source}.", "Speeds {case} rest on: {source}."),
        "scenario_source": Text("Åtgärden {title} vilar på: {source}.", "The measure {title} rests on: {source}."),
        "l_variant_roads": Text("Vägar i åtgärden {title}", "Roads of {title}"),
        "road_new": Text("ny väg", "new road"),
        "road_changed": Text("ändrad hastighet", "changed speed"),
        "road_closed": Text("stängd", "closed"),
        "l_variant_rings": Text("Nås {case}", "Reached {case}"),
        "l_season_squares": Text("Skillnad mellan {base} och {other}", "Difference between {base} and {other}"),
        "l_scenario_squares": Text("Skillnad med åtgärden {other}", "What {other} changes"),
        "with_measure": Text("med åtgärden", "with the measure"),
        "f_variant_minutes": Text("Restid, {case}", "Travel time, {case}"),
        "t_season": Text("Invånare som når platsen, {base} och {other}", "Inhabitants who reach the site, {base} and {other}"),
        "t_scenario": Text("Invånare som når platsen utan och med åtgärden {other}", "Inhabitants who reach the site without and with {other}"),
        "everyone": Text("Alla kommuner", "All municipalities"),
        "status_gained": Text("nås bara {case}", "reached {case} only"),
        "status_lost": Text("nås inte {case}", "not reached {case}"),
        "status_faster": Text("kortare restid {case}", "shorter {case}"),
        "status_slower": Text("längre restid {case}", "longer {case}"),
        "status_unchanged": Text("samma restid", "the same"),
        "u_season": Text(
            "Restiderna gäller fri färd {by_mode} {season} utan köer.", "Travel times are for free travel {by_mode} {season}, without queues."
        ),
        "answer_industrial": Text(
            "{name} har högst poäng för industrimark: {score} av 100 bland {count} prövade områden.",
            "{name} scores highest for industrial land: {score} of 100 among {count} areas tested.",
        ),
        "answer_housing": Text(
            "Av {count} bostadsområden ligger {name} bäst för dem som ska arbeta i {site}: {minutes} {by_mode}.",
            "Of {count} housing sites {name} lies best for those who will work at {site}: {minutes} {by_mode}.",
        ),
        "answer_layers": Text(
            "Planen stannar efter lagren: {count} lager är lästa och kontrollerade, inget är ännu beräknat.",
            "The plan stops after the layers: {count} layers are read and checked, nothing is worked out yet.",
        ),
        "answer_workers": Text(
            "Av sannolikt {jobs_low}–{jobs_high} arbetstillfällen i {site} tas {low}–{high} av dem som redan bor i området och {moved_low}–{moved_high} av inflyttade.",
            "Of a likely {jobs_low}–{jobs_high} jobs at {site}, {low}–{high} are taken by people who live in the area already and {moved_low}–{moved_high} by in-migrants.",
        ),
        "answer_workers_plain": Text(
            "Av {jobs} arbetstillfällen i {site} väntas {people} tas av dem som redan bor i området.",
            "Of {jobs} jobs at {site}, {people} are expected to be taken by people who live in the area already.",
        ),
        "l_worker_squares": Text("Var de som arbetar i {site} bor", "Where those who work at {site} live"),
        "l_worker_municipalities": Text("Kommuner som de som arbetar i {site} bor i", "Municipalities where those who work at {site} live"),
        "l_regions": Text("Arbetsmarknadsregioner, flöden {year}", "Labour-market regions, flows of {year}"),
        "l_regions_modelled": Text("Arbetsmarknadsregioner, modellerade flöden", "Labour-market regions, modelled flows"),
        "modelled": Text("modellerad fördelning", "modelled distribution"),
        "f_minutes_by": Text("Restid {by}", "Minutes {by}"),
        "f_share_of": Text("Bor i {name}", "Live in {name}"),
        "by_transit": Text("med buss eller tåg", "by bus or train"),
        "kind_jobs": Text("arbetstillfällen", "jobs"),
        "kind_residents": Text("bor redan i området", "live in the area already"),
        "kind_external": Text("bor utanför området", "live outside the area"),
        "kind_in_migrants": Text("flyttar in", "move in"),
        "kind_weekly": Text("veckopendlar", "commute by the week"),
        "kind_unfilled": Text("tillsätts inte", "not filled"),
        "measure_mean_minutes": Text("restid i medeltal, minuter", "mean travel time, minutes"),
        "measure_mean_km": Text("resans längd i medeltal, km", "mean length of the trip, km"),
        "measure_kg_co2_day": Text("koldioxid per dag, kg", "carbon dioxide a day, kg"),
        "t_workers": Text("Vilka som väntas arbeta i {site}", "Who is expected to work at {site}"),
        "t_workers_municipality": Text("De som arbetar i {site}, efter bostadskommun", "Workers at {site} by municipality of residence"),
        "t_workers_locality": Text("De som arbetar i {site}, efter ort", "Workers at {site} by locality"),
        "t_workers_deso": Text("De som arbetar i {site}, efter DeSO", "Workers at {site} by DeSO"),
        "t_workers_regso": Text("De som arbetar i {site}, efter RegSO", "Workers at {site} by RegSO"),
        "t_workers_modes": Text("Hur de tar sig till {site}", "How they travel to {site}"),
        "t_workers_shifts": Text("Skift och färdsätt i {site}", "Shifts and modes at {site}"),
        "t_workers_measures": Text("Resor till {site}", "Trips to {site}"),
        "t_workers_curve": Text("De som arbetar i {site}, efter restid", "Workers at {site} by travel time"),
        "t_workers_ramp": Text("Uppbyggnad i {site}, år för år", "Ramp-up at {site}, year by year"),
        "t_regions": Text("Arbetsmarknadsregioner utan och med anläggningen", "Labour-market regions without and with the site"),
        "t_comparison": Text("Platser sida vid sida", "Sites side by side"),
        "t_overlap": Text("Hur stor del av arbetskraften inom 45 minuter som också når den andra platsen inom 45 minuter", "Share of the labour within 45 minutes that also reaches the other site within 45 minutes"),
        "n_interval": Text(
            "Låg och hög omsluter {share} av 100 dragningar ({draws} dragningar av antal arbetstillfällen, kunskaper, inflyttning och pendlingsvilja).",
            "Low and high hold {share} of 100 draws ({draws} draws of jobs, skills, in-migration and willingness to commute).",
        ),
        "n_no_interval": Text("Inget spann visas, för en del underlag är demonstrationsdata.", "No range is shown because some of the data are demonstration data."),
        "n_regions": Text("Flöden mellan bostads- och arbetskommun {year}.", "Flows between municipalities of residence and work {year}."),
        "n_regions_modelled": Text(
            "Flödena är modellerade ur rutor och arbetsställen; svaret ändras med verklig pendling.",
            "Flows are modelled from squares and workplaces; the answer changes with real commuting.",
        ),
        "n_comparison": Text("Varje plats med planens första plats arbetstillfällen, mittvärden, utan buss och tåg.", "Each site with the jobs of the plan's first site, central values, without buses and trains."),
        "u_workers": Text(
            "Vilka som tar jobben vilar på antaganden: pendlingsvilja ({source}) och kunskaper ({match}).",
            "Who takes the jobs rests on assumptions: willingness to commute ({source}) and skills ({match}).",
        ),
        "u_workers_mixed": Text(
            "Vilka som tar jobben vilar på demonstrationsdata i lagret {layers}; inget spann visas.",
            "Who takes the jobs rests on demonstration data in layer {layers}; no range is shown.",
        ),
        "u_workers_no_workplaces": Text("Andra arbetsplatser finns inte i underlaget: ingen konkurrens om arbetskraften är räknad.", "Other workplaces are not in the data: no competition for labour is counted."),
        "u_workers_no_working_age": Text("Ingen ruta vet hur många som är i arbetsför ålder: hela befolkningen är räknad som sådan.", "No square knows how many are of working age: the whole population is counted as such."),
        "u_workers_guessed": Text("{count} rutor vet inte hur många som är i arbetsför ålder; där är de andra rutornas andel använd.", "{count} squares do not know how many are of working age; the other squares' share is used there."),
        "u_workers_no_local_flows": Text(
            "Pendlingsviljan är planens antagande: flödena i lagret är mellan för få kommuner i området, eller avtar inte med restiden.",
            "The wish to commute is the plan's assumption: flows in the layer are between too few municipalities of the area, or do not fall with the minutes.",
        ),
        "u_workers_no_transit": Text("Buss och tåg är inte med i färdsätten: ingen tabell med restider finns.", "Buses and trains are not among the modes: there is no table of their minutes."),
        "regions_start": Text("Arbetsmarknadsregioner", "Labour-market regions"),
        "regions_modelled": Text("modellerade flöden", "modelled flows"),
        "regions_year": Text("flöden {year}", "flows of {year}"),
        "regions_group": Text("{members} hör till {centre}", "{members} belong to {centre}"),
        "regions_one": Text("{members} hör till {centre}", "{members} belongs to {centre}"),
        "regions_alone": Text("{names} är egna", "{names} stand alone"),
        "regions_lone": Text("{names} är egen", "{names} stands alone"),
        "regions_alone_now": Text("{name} lämnar {before} och blir eget centrum", "{name} leaves {before} and becomes a centre of its own"),
        "regions_under": Text("{name} klarar inte längre gränsen för ett eget centrum ({points} procentenheter över) men räknas kvar till {region}", "{name} no longer meets the limit of a centre ({points} percentage points beyond it) but still counts to {region}"),
        "regions_still": Text("{name} klarar inte längre gränsen för ett eget centrum ({points} procentenheter över) men förblir centrum, för de andra pendlar mest dit", "{name} no longer meets the limit of a centre ({points} percentage points beyond it) but remains one, as the others commute mostly there"),
        "regions_over": Text("{name} klarar gränsen för ett eget centrum ({points} procentenheters marginal) men räknas kvar till {region}", "{name} meets the limit of a centre (by {points} percentage points) but still counts to {region}"),
        "regions_unknown": Text("det kunde inte räknas, för platsen ligger i ingen kommun i flödena", "it could not be worked out because the site lies in no municipality of the flows"),
        "why_self_sufficient": Text("klarar gränserna", "meets the limits"),
        "why_attached": Text("flest pendlar dit", "most go there"),
        "why_outside": Text("flest pendlar ut ur området", "most go out of the area"),
        "why_mutual": Text("kommuner som pendlar mest till varandra: den som minst pendlar ut är centrum", "municipalities that send most to each other: the one with least out-commuting is the centre"),
        "why_chain_cut": Text("kedjan blev för lång", "the chain was too long"),
        "why_no_one_employed": Text("ingen sysselsatt", "no one employed"),
        "regions_margin": Text("Närmast gränsen ligger {name}, {points} procentenheter från den.", "Nearest to the limit is {name}, {points} percentage points from it."),
        "regions_then": Text("Med anläggningen:", "With the site:"),
        "regions_same": Text("ingen byter region", "none changes region"),
        "regions_moves": Text("{name} går från {before} till {after}", "{name} goes from {before} to {after}"),
        "m_workers": Text("Vilka som arbetar där", "Who will work there"),
        "m_workers_text": Text(
            "Arbetskraften är {share} % av dem i arbetsför ålder ({labour_source}); {match} % av den har kunskaperna ({match_source}). {moved} % av jobben tas av inflyttade ({moved_source}), {weekly} % av veckopendlare ({weekly_source}). "
            "Resten fylls ur rutorna: T = O · L · f(c) / Σ L · f(c), där L är arbetskraft, c alla färdsätts restid tillsammans och f viljan. En ruta som får fler erbjudanden än den har folk säger ja i samma andel till alla, "
            "och jobben som blir över erbjuds igen; andra arbetsplatser söker bland samma människor. Spannet kommer ur {draws} dragningar.",
            "The labour force is {share} % of those of working age ({labour_source}); {match} % of it has the skills ({match_source}). {moved} % of the jobs are taken by in-migrants ({moved_source}), {weekly} % by weekly commuters ({weekly_source}). "
            "The rest are filled from the squares: T = O · L · f(c) / Σ L · f(c), L being labour, c the time of all modes together and f the wish. A square with more offers than people says yes to all in the same proportion, "
            "and jobs left over are offered again; other workplaces ask the same people. The range is from {draws} draws.",
        ),
        "m_impedance": Text("Viljan att pendla", "The wish to commute"),
        "m_impedance_logistic": Text(
            "f(c) = 1 / (1 + exp((c - {value}) / {spread})): hälften ger upp vid {value} minuter ({span}), ingen kommer från längre bort än {within} ({source}).",
            "f(c) = 1 / (1 + exp((c - {value}) / {spread})): half give up at {value} minutes ({span}), none comes from beyond {within} ({source}).",
        ),
        "m_impedance_exponential": Text("f(c) = exp(-{value} · c), {value} per minut ({span}), högst {within} minuter ({source}).", "f(c) = exp(-{value} · c), {value} a minute ({span}), at most {within} minutes ({source})."),
        "m_impedance_power": Text("f(c) = c^-{value} ({span}), högst {within} minuter ({source}).", "f(c) = c^-{value} ({span}), at most {within} minutes ({source})."),
        "m_beside": Text("Två enklare modeller bredvid", "Two simpler models beside it"),
        "m_beside_text": Text(
            "45-minutersringen delar jobben lika på alla som bor inom 45 minuter. Strålningsmodellen (Simini m.fl. 2012) säger att den som passerar många andra jobb på vägen sällan åker vidare. Skillnaden visar vad modellen tillför.",
            "The 45-minute ring shares the jobs equally among all who live within 45 minutes. The radiation model (Simini et al. 2012) says that who passes many other jobs seldom goes on. The difference shows what the model adds.",
        ),
        "m_cost": Text("Vad en resa kostar", "What a trip costs"),
        "m_cost_text": Text(
            "Nyttan ändras med {per_sek} per krona ({source}); en resa kostar {cost}, längden räknad som 1,3 gånger fågelvägen.",
            "Utility changes by {per_sek} a krona ({source}); a trip costs {cost}, its length taken as 1.3 times the crow's.",
        ),
        "m_prior": Text("Vad verkliga flöden säger", "What real flows say"),
        "m_prior_text": Text(
            "Anpassat till {area} {year} ({source}): f = km^-{value} ({low}–{high}), mellan {low_km} och {high_km} km mellan centralorter. {caveat}",
            "Fitted to {area} {year} ({source}): f = km^-{value} ({low}–{high}), between {low_km} and {high_km} km between seats. {caveat}",
        ),
        "c_prior": Text("Verkliga flöden i norr, efter avstånd (vid kortaste avståndet = 1)", "Real flows in the north by distance (1 at the shortest)"),
        "m_modes": Text("Färdsätt", "Modes"),
        "m_modes_text": Text(
            "Logitmodell: ett färdsätts nytta är en konstant och {per_minute} per minut ({minute_source}); konstanterna är satta så att dagens resor till arbetsplatserna får andelarna {shares} ({source}).",
            "Logit: a mode's utility is a constant and {per_minute} a minute ({minute_source}); constants are set so that today's trips to the workplaces have the shares {shares} ({source}).",
        ),
        "m_regions": Text("Arbetsmarknadsregioner", "Labour-market regions"),
        "m_regions_text": Text(
            "SCB:s regel: en kommun är ett eget centrum när högst 20 % pendlar ut och högst 7,5 % till en och samma kommun; andra hör till den kommun dit flest pendlar, i högst två led.",
            "SCB's rule: a municipality is a centre of its own when at most 20 % commute out and at most 7.5 % to one municipality; others belong to where most go, in at most two links.",
        ),
        "answer_withheld": Text(
            "Svaret visas inte här: områdena hör till ett lager med begränsad delning.",
            "The answer is not shown here: the areas belong to a layer whose sharing is restricted.",
        ),
        "u_withheld": Text(
            "{title}: {count} av de rangordnade områdena visas inte här, för lagret {layer} har begränsad delning. De övriga behåller sina platser i rangordningen.",
            "{title}: not all ranked areas are shown here ({count} left out) because the sharing of layer {layer} is restricted. The others keep their ranks.",
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
            " Bara {ha} ha är fria från hinder, planen kräver {min_ha} ha.",
            " Only {ha} ha are free of obstacles, the plan asks for {min_ha} ha.",
        ),
        "minute": Text("1 minut", "1 minute"),
        "minutes": Text("{count} minuter", "{count} minutes"),
        "reason_commute": Text("{minutes} till {site}", "{minutes} to {site}"),
        "reason_no_way": Text("Ingen väg till {site}", "No way to {site}"),
        "reason_services": Text(
            ", i medeltal {services} till närmaste service", ", {services} on average to the nearest services"
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
        "m_distance": Text("Avstånd", "Distance"),
        "m_distance_text": Text(
            "Avstånd räknas fågelvägen mellan rutors mittpunkter, exakt, i rutor om {cell} m. Rutnätet täcker området och {halo} m runt det; det som ligger utanför räknas med så långt bort som poängen ändras med avståndet, där lagret når dit. Det som ligger längre bort räknas inte.",
            "Distances are straight lines between cell centres, exact, in cells of {cell} m. The grid covers the area and {halo} m around it; what lies outside it is counted as far away as a score changes with distance, where the layer reaches there. What lies further away is not counted.",
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
        "whole_housing": Text("bäst för bostäder ligger {name} ({minutes} bort)", "{name} lies best for housing ({minutes} away)"),
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
        "few_grouped": Text(
            "Rutor med färre än {n} personer är hopslagna med grannar i samma kommun; minuterna är då rutornas medelvärde.",
            "Squares with fewer than {n} persons are joined with neighbours in the same municipality; minutes are then the squares' mean.",
        ),
        "few_persons": Text("färre än {n} personer", "fewer than {n} persons"),
        "working_age_figure": Text("I arbetsför ålder (20–64 år) inom {m} min, från en punkt i området", "Of working age (20–64) within {m} min, from a point in the area"),
        "population_figure": Text("Invånare inom {m} min, från en punkt i området", "Inhabitants within {m} min, from a point in the area"),
        "main_road_figure": Text("Till större väg, från områdets gräns", "To a main road, from the area's boundary"),
        "railway_figure": Text("Till järnväg, från områdets gräns", "To a railway, from the area's boundary"),
        "port_figure": Text("Till hamn {by_mode}", "To a port {by_mode}"),
        "airport_figure": Text("Till flygplats {by_mode}", "To an airport {by_mode}"),
        # reviewers' notes
        "notes_points": Text("Granskarnas anteckningar", "Reviewers' notes"),
        "notes_areas": Text("Granskarnas anteckningar: ytor", "Reviewers' notes: areas"),
        "notes_lines": Text("Granskarnas anteckningar: linjer", "Reviewers' notes: lines"),
        "notes_source": Text("Granskning i webbkartan", "Review in the web map"),
        "note_note_id": Text("Anteckningens nummer", "Number of the note"),
        "note_author": Text("Av", "By"),
        "note_time": Text("Tid", "Time"),
        "note_verdict": Text("Omdöme", "Verdict"),
        "note_text": Text("Kommentar", "Comment"),
        "note_site_id": Text("Lägets id", "Site id"),
        "note_site": Text("Läge", "Site"),
        "note_team": Text("Grupp", "Team"),
        "verdict_accept": Text("godtas", "accepted"),
        "verdict_question": Text("fråga", "question"),
        "verdict_reject": Text("avvisas", "rejected"),
        "verdict_none": Text("utan omdöme", "no verdict"),
        "town_figure": Text("Till {name} {by_mode}", "To {name} {by_mode}"),
        "town_column": Text("Restid till {name}", "Travel time to {name}"),
        "fewer_figure": Text("färre än {limit}", "fewer than {limit}"),
        "allowed_figure": Text("Mark som får användas", "Land that may be used"),
        "dwellings_figure": Text("Bostäder", "Dwellings"),
        "stage_figure": Text("Planskede", "Plan stage"),
        "stops_note": Text(
            "{date}: {trips} turer. Ankomster vid slutstation är inte med.",
            "{date}: {trips} trips. Arrivals at the last stop are not counted.",
        ),
        "clocks_note": Text(
            "Tider är lokala; hållplatser i ett annat land har sitt lands klocka.",
            "Times are local; stops in another country keep that country's clock.",
        ),
        "shifts_note": Text(
            "Skiften börjar efter klockan i {place}; samma stund på den andra klockan står bredvid.",
            "Shifts begin by the clock in {place}; the same moment by the other clock stands beside.",
        ),
        "l_spread": Text("Osäkerhet i poäng: {title}", "Spread of the score: {title}"),
        "d_spread": Text(
            "Standardavvikelse i poäng (0–100) när vikterna är osäkra; litet värde betyder att platsen tål andra vikter.",
            "Standard deviation of the score (0–100) when the weights are uncertain; a small value means that the place stands other weights.",
        ),
        "l_reasons": Text("Alla skäl som bitar: {title}", "All reasons as bits: {title}"),
        "d_reasons": Text(
            "Varje bit är ett hinder; tabellen över bitar säger vilket. Ett band om 32 bitar har 31 hinder, bit 0–30; band 2 fortsätter med det 32:a.",
            "Each bit is a constraint; the table of bits says which. A band of 32 bits has 31 constraints, bits 0–30; band 2 goes on with the 32nd.",
        ),
        "t_ledger_zones": Text("Mark som faller bort per kommun: {title}", "Land left out by municipality: {title}"),
        "t_ledger_sites": Text("Mark som faller bort per område: {title}", "Land left out by area: {title}"),
        "t_legal": Text("Mark efter tyngsta hindret: {title}", "Land by its hardest constraint: {title}"),
        "t_bits": Text("Bitar i rastret med skäl: {title}", "Bits of the raster of reasons: {title}"),
        "t_robust": Text("Hur säker rangordningen är, {trials} prövningar: {title}", "How sure the ranking is, {trials} trials: {title}"),
        "m_robust_note": Text("Andel av prövningarna där området får platsen.", "Share of the trials in which the area has the rank."),
        "t_lost": Text("När {name} förlorar första platsen", "When {name} loses first place"),
        "t_judgements": Text("Parvisa omdömen, det mest avvikande först: {title}", "Pairwise judgements, the one farthest off first: {title}"),
        "assumption": Text("antagande", "assumption"),
        "never": Text("aldrig", "never"),
        "yes": Text("Ja", "Yes"),
        "no": Text("Nej", "No"),
        "touches": Text("gränsar till", "touches"),
        "otherwise": Text("övrigt", "other"),
        "free_figure": Text("Inget hinder och inget att väga", "Nothing against it, nothing to weigh"),
        "weigh_figure": Text("Ska vägas mot annat", "To be weighed"),
        "dispensation_figure": Text("Kräver dispens eller tillstånd", "Needs exemption or permit"),
        "absolute_figure": Text("Hinder", "Obstacle"),
        "hall_figure": Text("En hall på {size} får plats", "A hall of {size} fits"),
        "pad_figure": Text("Schakt / fyllning för plan mark", "Cut / fill for level ground"),
        "access_figure": Text("{what} inom {metres} m från områdets gräns", "{what} within {metres} m of the area's boundary"),
        "parcels_figure": Text("Fastigheter som berörs", "Property units concerned"),
        "first_figure": Text("Hur säker platsen är", "How sure the rank is"),
        "u_robust": Text(
            "{name} är {said} när vikterna får vara i medeltal ungefär {share} % fel ({source}).",
            "{name} is {said} when the weights may be about {share} % off on average ({source}).",
        ),
        "u_nothing_left": Text(
            "{title}: ingen mark blir kvar. Det som tar mest: {names}.", "{title}: no land is left. What takes most: {names}."
        ),
        "u_no_variation": Text(
            "{name} är lika överallt ({value}) och skiljer inga platser åt.", "{name} is the same everywhere ({value}) and tells no places apart."
        ),
        "u_one_score": Text(
            "{name}: värdena skiljer sig åt men ger alla poängen {score}, så kriteriet skiljer inga platser åt; se över dess värdefunktion.",
            "{name}: its values differ but all of them score {score}, so the criterion tells no places apart; look at its value function.",
        ),
        "u_none_near": Text(
            "{name}: inget sådant finns inom räckhåll, så kriteriet skiljer inga platser åt.",
            "{name}: none lies within reach, so the criterion tells no places apart.",
        ),
        "u_max_slope": Text(
            "Kandidaterna är inte prövade mot högst {percent} % lutning: markhöjd saknas.",
            "The candidates are not tested against a slope of at most {percent} %: there is no elevation.",
        ),
        "u_labour_all": Text(
            "{name} räknar alla invånare: befolkningslagret säger inget om ålder.", "{name} counts all inhabitants: the population layer says nothing of age."
        ),
        "u_short_reach": Text(
            "{name} räknar avstånd upp till {far}, men lagret är hämtat bara {near} utanför området: vad som ligger längre bort syns inte. Höj halo_m och hämta om.",
            "{name} counts distances up to {far}, but its layer was fetched only {near} around the area: what lies farther off is not seen. Raise halo_m and fetch again.",
        ),
        "u_labour_unknown": Text(
            "{name}: {count} bebodda rutor saknar uppgift och räknas som noll.", "{name}: {count} inhabited squares have no figure and count as nought."
        ),
        "outside_municipalities": Text("utanför kommunerna", "outside the municipalities"),
        "unknown_land": Text("okänt", "unknown"),
        "u_all_unknown": Text("{name} är okänt i hela området.", "{name} is unknown in the whole area."),
        "u_lifted": Text("{name} lyfter hinder från {ha} ha.", "{name} lifts constraints from {ha} ha."),
        "u_judgements": Text(
            "De parvisa omdömena säger emot varandra (konsistenskvot {ratio}, högst 0,10 önskas): {one} borde väga {mended} gånger {other}.",
            "The pairwise judgements contradict each other (consistency ratio {ratio}, at most 0.10 is wished): {one} should weigh {mended} times {other}.",
        ),
        "m_wlc_text": Text(
            "Varje kriterium får ett värde 0–1 med sin värdefunktion; poängen är summan av värde gånger vikt, gånger 100: S = 100 · Σ w·v(x). Vikterna summerar till 1.",
            "Each criterion gets a value 0–1 by its value function; the score is the sum of value times weight, times 100: S = 100 · Σ w·v(x). The weights sum to 1.",
        ),
        "m_owa_text": Text(
            "Varje kriterium får ett värde 0–1; värdena ordnas från bäst till sämst och vägs både efter kriteriets vikt och efter sin plats i ordningen (ordnat medeltal, WOWA).",
            "Each criterion gets a value 0–1; the values are put in order from best to worst and weighed both by the criterion and by their place in the order (ordered weighted average, WOWA).",
        ),
        "m_topsis_text": Text(
            "Varje kriterium får ett värde 0–1; poängen är närheten till de bästa värden som finns i området jämfört med de sämsta (TOPSIS).",
            "Each criterion gets a value 0–1; the score is the nearness to the best values that the area has compared with the worst (TOPSIS).",
        ),
        "m_product_text": Text(
            "Varje kriterium får ett värde 0–1; poängen är produkten av värdena upphöjda till sina vikter, gånger 100: ett nollvärde kan inte vägas upp.",
            "Each criterion gets a value 0–1; the score is the product of the values to the power of their weights, times 100: a nought cannot be made up for.",
        ),
        "m_minimum_text": Text(
            "Varje kriterium får ett värde 0–1; poängen är det lägsta av dem, gånger 100.", "Each criterion gets a value 0–1; the score is the lowest of them, times 100."
        ),
        "m_setback": Text("Skyddsavstånd", "Setbacks"),
        "m_setback_text": Text(
            "Skyddsavstånd mäts från företeelsens egen gräns och inte från rutor; en ruta som till någon del ligger inom avståndet faller bort. Mark som ligger under två hinder räknas under båda, och i kolumnen för delat.",
            "Setbacks are measured from the feature's own outline and not from cells; a cell of which any part lies within the distance is left out. Land under two constraints is counted in both, and in the column of what is shared.",
        ),
        "m_labour": Text("Arbetskraft", "Labour"),
        "m_labour_text": Text(
            "Antalet som når platsen inom {minutes} minuter räknas på vägnätet för varje ruta om {metres} m: från varje befolkningsruta till rutans närmaste väg och vidare fram, inte i cirklar och inte från tätorters mitt.",
            "The number who reach the place within {minutes} minutes is counted on the road network for every cell of {metres} m: from each population square to the cell's nearest road and on, not in circles and not from the middle of localities.",
        ),
        "m_hall": Text("Hall", "Hall"),
        "m_hall_text": Text(
            "En hall får plats när en rektangel av dess mått ligger helt inom området på mark utan hinder, i någon av minst 72 riktningar. Småvägar och diken är hinder så breda som planen säger, inte hela rutor. Den ritade rektangeln är kontrollmätt.",
            "A hall fits when a rectangle of its size lies wholly inside the area on land without obstacles, in one of at least 72 directions. Small roads and ditches are obstacles as wide as the plan says, not whole cells. The rectangle is measured afterwards.",
        ),
        "m_pad": Text("Plan mark", "Level ground"),
        "m_pad_text": Text(
            "Nivån väljs så att schaktet räcker till fyllningen, med svällning {swell} och packning {compaction} ({source}). Slänter, berg och matjord är inte med.",
            "The level is chosen so that the cut makes the fill, with swell {swell} and compaction {compaction} ({source}). Slopes at the edge, rock and topsoil are not counted.",
        ),
        "m_robust": Text("Hur säker rangordningen är", "How sure the ranking is"),
        "m_robust_text": Text(
            "{trials} prövningar med andra vikter (Dirichletfördelade, standardavvikelse i medeltal ungefär {share} % av vikten) och, där planen säger det, med fel i lägen och klasser; andelen prövningar som ger varje plats är rangacceptabiliteten (SMAA).",
            "{trials} trials with other weights (Dirichlet distributed, standard deviation on average about {share} % of the weight) and, where the plan says so, with errors in positions and classes; the share of trials that gives each rank is the rank acceptability (SMAA).",
        ),
        "m_ahp": Text("Vikter ur parvisa omdömen", "Weights from pairwise judgements"),
        "m_ahp_text": Text(
            "Vikterna är egenvektorn till de parvisa omdömena (AHP); konsistenskvoten är {ratio}, högst 0,10 önskas.",
            "The weights are the eigenvector of the pairwise judgements (AHP); the consistency ratio is {ratio}, at most 0.10 is wished.",
        ),
        "not_shown": Text("ett ej redovisat antal", "an undisclosed number of"),
        "m_reach": Text("Vilka som räknas", "Who is counted"),
        "f_weights": Text(
            "i är rutan eller läget, k kriteriet, x det mätta värdet, v kriteriets värdefunktion (0–1), w dess vikt; vikterna summerar till 1",
            "i is the cell or the site, k the criterion, x the measured value, v the criterion's value function (0–1), w its weight; the weights sum to 1",
        ),
        "f_owa_alpha": Text(
            "v₍ⱼ₎ är värdena från bäst till sämst, Wⱼ summan av vikterna till och med plats j, Q(u) = u^α med α = {alpha}",
            "v₍ⱼ₎ are the values from best to worst, Wⱼ the sum of the weights up to place j, Q(u) = u^α with α = {alpha}",
        ),
        "f_owa_order": Text(
            "v₍ⱼ₎ är värdena från bäst till sämst, Wⱼ summan av vikterna till och med plats j, Q rät mellan de summerade ordningsvikterna {weights}",
            "v₍ⱼ₎ are the values from best to worst, Wⱼ the sum of the weights up to place j, Q straight between the cumulative order weights {weights}",
        ),
        "f_topsis": Text(
            "b⁺ och b⁻ är det största och det minsta w · v som kriteriet har i området", "b⁺ and b⁻ are the largest and the smallest w · v of the criterion in the area"
        ),
        "f_housing_weights": Text("vikterna är {weights} för {parts}", "the weights are {weights} for {parts}"),
        "f_housing_limits": Text(
            "t_s och t_b är sämsta och bästa gräns: {worst} och {best} minuter till arbetet, {services_worst} och {services_best} till service; utanför dem är v noll eller ett",
            "t_s and t_b are the worst and the best limit: {worst} and {best} minutes to work, {services_worst} and {services_best} to services; beyond them v is nought or one",
        ),
        "f_time": Text(
            "d är meter fågelvägen till närmaste väg, a = {access} km/h, ℓ vägsträckans meter, s dess hastighet i km/h, f dess faktor (1 där inget annat sägs) och j = {junction} s per korsning",
            "d is metres in a straight line to the nearest road, a = {access} km/h, ℓ the metres of a stretch of road, s its speed in km/h, f its factor (1 where nothing else is said) and j = {junction} s a junction",
        ),
        "f_every_road": Text("alla vägar", "all roads"),
        "f_factor": Text("f = {factor} för {what}", "f = {factor} for {what}"),
        "f_rule": Text("{what}: hastigheten gånger {factor}{source}", "{what}: the speed times {factor}{source}"),
        "f_speed": Text("{what}: {speed} km/h{source}", "{what}: {speed} km/h{source}"),
        "f_cap": Text("{what}: högst {speed} km/h{source}", "{what}: at most {speed} km/h{source}"),
        "f_closed": Text("{what}: stängd{source}", "{what}: closed{source}"),
        "f_reach": Text(
            "p är invånarna i en ruta; den som når platsen inom gränsen räknas helt, den som inte gör det räknas inte alls (gränser: {limits} min)",
            "p is the inhabitants of a square; whoever reaches the site within the limit counts in full, whoever does not counts not at all (limits: {limits} min)",
        ),
        "t_portrait": Text("Kommunen i siffror", "The municipality in figures"),
        "t_bands": Text("Befolkning efter ålder", "Population by age"),
        "t_flows": Text("Största pendlingsflöden {year}", "Largest commuting flows {year}"),
        "t_left_out": Text("Steg som utelämnats och varför", "Steps left out, and why"),
        "step_network": Text("Vägnät", "Road network"),
        "step_suitability": Text("Markens lämplighet", "Suitability of land"),
        "step_catchment": Text("Pendlingsomland", "Commute catchment"),
        "step_housing": Text("Bostadslägen", "Housing sites"),
        "step_growth": Text("Framskrivning och färdplan", "Projection and roadmap"),
        "step_villages": Text("Byprofiler", "Village profiles"),
        "left_unasked": Text("planen har inget avsnitt {section}", "the plan has no section {section}"),
        "left_layer": Text("lagret {layer} finns inte i planen", "the plan has no layer {layer}"),
        "p_population": Text("Folkmängd", "Population"),
        "p_population_date": Text("Folkmängd avser", "Population as of"),
        "p_age_date": Text("Åldrar avser", "Ages as of"),
        "p_young": Text("Andel yngre än arbetsför ålder", "Share younger than working age"),
        "p_working": Text("Andel i arbetsför ålder", "Share of working age"),
        "p_old": Text("Andel äldre än arbetsför ålder", "Share older than working age"),
        "p_dependency": Text("Försörjningskvot per 100", "Dependency ratio per 100"),
        "p_working_from": Text("Arbetsför ålder från", "Working age from"),
        "p_working_to": Text("Arbetsför ålder till och med", "Working age to"),
        "p_employed": Text("Sysselsatta som bor i kommunen", "Employed residents"),
        "p_jobs": Text("Sysselsatta som arbetar i kommunen", "Employed who work there"),
        "p_staying": Text("Bor och arbetar i kommunen", "Live and work there"),
        "p_out": Text("Utpendling", "Out-commuting"),
        "p_out_share": Text("Andel som pendlar ut", "Share who commute out"),
        "p_in": Text("Inpendling", "In-commuting"),
        "p_in_share": Text("Andel av arbetena som inpendlare har", "Share of the jobs held by in-commuters"),
        "p_to": Text("Största utpendlingen till", "Most commute to"),
        "p_to_persons": Text("Största utpendlingen", "Largest flow out"),
        "p_from": Text("Största inpendlingen från", "Most come from"),
        "p_from_persons": Text("Största inpendlingen", "Largest flow in"),
        "p_la": Text("Lokal arbetsmarknad (LA-region)", "Local labour-market area"),
        "p_la_centre": Text("Lokalt centrum", "Local centre"),
        "p_la_margin": Text("Marginal till gränsen", "Margin to the limit"),
        "p_year": Text("Pendling avser", "Commuting as of"),
        "p_age_group": Text("Åldersgrupp", "Age group"),
        "p_persons": Text("Personer", "Persons"),
        "p_share": Text("Andel", "Share"),
        "p_source": Text("Källa", "Source"),
        "p_direction": Text("Riktning", "Direction"),
        "p_other": Text("Till eller från", "To or from"),
        "p_flow_share": Text("Andel av de sysselsatta", "Share of the employed"),
        "p_step": Text("Steg", "Step"),
        "p_missing": Text("Lager som saknas", "Layers missing"),
        "p_reason": Text("Varför", "Why"),
        "answer_population": Text("{name} har {people} invånare.", "{name} has {people} inhabitants."),
        "answer_commuting": Text(
            "Av {employed} sysselsatta som bor där pendlar {out} ut, flest till {to} ({most}); {into} pendlar in.",
            "Of {employed} employed residents {out} commute out, most to {to} ({most}); {into} commute in.",
        ),
        "u_flows_within": Text(
            "Pendlingen {year} räknas mellan de {count} kommuner som tabellen har; den som arbetar i en annan kommun eller i ett annat land finns inte med.",
            "Commuting of {year} is counted between the {count} municipalities of the table; who works in another one, or in another country, is not in it.",
        ),
        "u_flows_zero": Text(
            "{nought} av {whole} pendlingsrelationer är noll; en nolla kan vara ett litet antal som statistiken döljer.",
            "{nought} of {whole} commuting flows are zero; a zero may be a small number that the statistic hides.",
        ),
        "m_dependency": Text("Försörjningskvot", "Dependency ratio"),
        "m_dependency_text": Text(
            "Invånare 0–{young} år och {old} år och äldre, per 100 i åldern {first}–{last} år: de gränser som statistikens åldersgrupper har.",
            "Inhabitants of 0–{young} and of {old} and above, per 100 of {first}–{last}: the limits that the statistic's age groups have.",
        ),
        "m_la": Text("Lokala arbetsmarknader (LA-regioner)", "Local labour-market areas"),
        "m_la_text": Text(
            "SCB:s regel på flödena {year}: en kommun är lokalt centrum när högst 20 % pendlar ut och högst 7,5 % till en enda kommun; andra hör till den dit flest "
            "pendlar, i högst två led. Bara tabellens kommuner är med.",
            "Statistics Sweden's rule on the flows of {year}: a municipality is a centre when at most 20 % commute out and at most 7.5 % to any one; others join the "
            "one to which most commute, in at most two links. Only the table's municipalities take part.",
        ),
        "t_left_out_short": Text("Utelämnade steg", "Steps left out"),
        "b_title": Text("{count} körningar bredvid varandra", "{count} runs beside one another"),
        "b_table": Text("Kommunerna jämförda", "The municipalities compared"),
        "b_note": Text(
            "En rad per kommun; varje siffra står i kommunens egen körning.", "A row a municipality; every figure stands in that municipality's own run."
        ),
        "b_population_2040": Text("Folkmängd 2040, framskrivning utan flyttning [0]", "Population 2040, projection without moves [0]"),
        "b_dependency_2040": Text("Försörjningskvot 2040, alla per 20–64 år [0]", "Dependency ratio 2040, all per person 20–64 [0]"),
        "b_aged_80_2040": Text("80 år och äldre 2040 [0]", "80 and over 2040 [0]"),
        "b_la_after": Text("LA-region med planens anläggning", "Labour-market area with the plan's site"),
        "b_flows": Text(
            "Pendlingen räknas mellan de kommuner som statistiken i planerna har; en nolla kan vara ett litet antal som statistiken döljer.",
            "Commuting is counted between the municipalities that the plans' statistic has; a zero may be a small number that the statistic hides.",
        ),
        "b_ages": Text(
            "Försörjningskvoten är yngre och äldre per 100 i arbetsför ålder, med de gränser som åldersgrupperna har; de står i egna kolumner.",
            "The dependency ratio is the younger and the older per 100 of working age, with the limits that the age groups have; these stand in columns of their own.",
        ),
        "b_regions": Text(
            "LA-regionen följer SCB:s regel på tabellens flöden; med anläggning finns den bara där planen har en plats med arbetstillfällen och en modell av dem.",
            "The labour-market area follows Statistics Sweden's rule on the table's flows; with a site it is there only where the plan has one with jobs and a model of them.",
        ),
        "b_every": Text("alla", "all"),
        "b_where": Text("Kommun", "Municipality"),
        "t_villages": Text("Byar", "Villages"),
        "l_villages": Text("Byar efter vad de erbjuder inflyttare (poäng)", "Villages by what they offer newcomers (score)"),
        "f_village_id": Text("Orts-id", "Locality id"),
        "f_village": Text("By", "Village"),
        "f_village_kind": Text("Slag", "Kind"),
        "f_municipality": Text("Kommun", "Municipality"),
        "f_municipality_code": Text("Kommunkod", "Municipality code"),
        "f_school_beyond": Text("Skolväg längre än {limit} m", "Way to school longer than {limit} m"),
        "f_village_score": Text("Poäng (0–100)", "Score (0–100)"),
        "f_score_low": Text("Poäng om det okända är sämst", "Score with the unknown at worst"),
        "f_score_high": Text("Poäng om det okända är bäst", "Score with the unknown at best"),
        "f_lacks": Text("Uppgift saknas om", "Not known"),
        "f_reason": Text("Varför värde saknas", "Why a value is missing"),
        "answer_villages": Text(
            "Av {count} byar erbjuder {name} inflyttare mest enligt planens vikter: {score} av 100 poäng.",
            "Of {count} villages {name} offers newcomers most by the plan's weights: {score} of 100 points.",
        ),
        "answer_villages_unscored": Text("{count} byar har var sin profil på en sida.", "{count} villages have a profile of one page each."),
        "m_villages": Text("Byprofiler", "Village profiles"),
        "m_villages_text": Text(
            "Invånare är de i rutor vars mitt ligger inom {km} km från byn, som fågeln flyger. Skolvägen är den kortaste längs väg som får gås, utan färja, mot "
            "gränsen {limit} m ({source}); om vägen är trafiksäker prövas inte. Restid är till den närmaste i varje land; arbetstillfällen räknas där tiden är högst gränsen.",
            "Inhabitants are those in squares whose centre lies within {km} km of the village, as the crow flies. The way to school is the shortest along roads that "
            "may be walked, without ferries, against the limit {limit} m ({source}); whether it is safe from traffic is not examined. Travel time is to the nearest in "
            "each country; jobs count where the time is at most the limit.",
        ),
        "m_village_score": Text("Byarnas poäng", "The villages' score"),
        "m_village_score_text": Text(
            "Varje uppgift är noll vid sämsta och ett vid bästa gränsen, rakt däremellan; poängen är deras vägda medeltal över det som är känt. {parts}.",
            "Each figure is nought at the worst and one at the best limit, straight between; the score is their weighted mean over what is known. {parts}.",
        ),
        "u_village_winter": Text("Byarnas vintertider saknas: planen har inga regler för vinterhastigheter.", "The villages' winter minutes are not known: the plan has no rules for winter speeds."),
        "u_thin_service": Text(
            "Tidtabellen har mycket få turer den valda dagen; kontrollera datum.",
            "The timetable has very few trips on the chosen day; check the date.",
        ),
        **CARDS,
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


def minutes(shown: Text) -> Text:
    """Say a whole number of minutes that is already written.

    Examples
    --------
    >>> minutes(both(1.2)).sv, minutes(both(6.0)).en
    ('1 minut', '6 minutes')
    """
    return say("minute") if shown.sv == "1" else say("minutes", count=shown)


def both(value: float | None, unit: str = "", decimals: int = 0) -> Text:
    """Write a number in both languages."""
    if unit:
        return Text(format_unit(value, unit, decimals, language="sv"), format_unit(value, unit, decimals, language="en"))
    return Text(format_number(value, decimals, language="sv"), format_number(value, decimals, language="en"))
