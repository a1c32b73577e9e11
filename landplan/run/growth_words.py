"""The words of growth in Swedish and English: what a run says of people, dwellings, services and the roadmap."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from landplan.style import Text

__all__ = ["WORDS", "tell"]

WORDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        # scenarios
        "baseline": Text("Framskrivning utan mål", "Projection without a goal"),
        "goal": Text("Målet {goal} år {year}", "The goal of {goal} by {year}"),
        "variant": Text("{title} ({goal} år {year})", "{title} ({goal} by {year})"),
        "jobs_low": Text("Framskrivning med {jobs} jobb", "Projection with {jobs} jobs"),
        "jobs_central": Text("Framskrivning med {jobs} jobb", "Projection with {jobs} jobs"),
        "jobs_high": Text("Framskrivning med {jobs} jobb", "Projection with {jobs} jobs"),
        "forecast": Text("Officiell prognos", "Official forecast"),
        "short_baseline": Text("utan mål", "no goal"),
        "short_goal": Text("mål {goal} år {year}", "goal {goal} by {year}"),
        "short_variant": Text("variant {goal} år {year}", "variant {goal} by {year}"),
        "short_jobs": Text("{jobs} jobb", "{jobs} jobs"),
        "short_forecast": Text("officiell prognos", "official forecast"),
        # tables
        "t_scenarios": Text("{area}: folkmängd och bostäder i varje scenario", "{area}: people and dwellings in each scenario"),
        "t_people": Text("{area}: folkmängd år för år", "{area}: people year by year"),
        "t_ages": Text("{area}: befolkningens förändring och ålder", "{area}: how the population changes and its ages"),
        "t_need": Text("{area}: bostäder som behövs per år efter hustyp och upplåtelseform", "{area}: dwellings needed a year by building type and tenure"),
        "t_need_years": Text("{area}: bostäder som behövs år för år", "{area}: dwellings needed year by year"),
        "t_reserve": Text("{area}: planreserv mot behov", "{area}: plan reserve against need"),
        "t_sites": Text("{area}: var bostäderna byggs, i ordning", "{area}: where dwellings are built, in order"),
        "t_placing": Text("{area}: bostäder per område och år", "{area}: dwellings by site and year"),
        "t_ways": Text("{area}: sätt att fördela bostäderna", "{area}: ways to place the dwellings"),
        "t_front": Text("{area}: avvägningen mellan {first} och {second}", "{area}: the trade-off between {first} and {second}"),
        "t_left_out": Text("{area}: områden som inte kunde räknas med", "{area}: sites that could not be counted"),
        "t_services": Text("{area}: platser mot behov", "{area}: places against need"),
        "t_facilities": Text("{area}: enheter när alla går till den närmaste", "{area}: facilities when everybody goes to the nearest"),
        "t_more": Text("{area}: var en enhet till skulle göra störst nytta", "{area}: where one more would help most"),
        "t_response": Text("{area}: hur snart räddningstjänsten är på plats", "{area}: how soon the rescue services arrive"),
        "t_travel": Text("{area}: så många har så långt till", "{area}: how many have how far to"),
        "t_roadmap": Text("{area}: färdplan per förvaltning och år", "{area}: roadmap by department and year"),
        "t_first": Text("{area}: gör detta först", "{area}: do this first"),
        "t_money": Text("{area}: investeringar per år och finansiär", "{area}: investments by year and funder"),
        "t_basis": Text("{area}: vad siffrorna vilar på", "{area}: what the figures rest on"),
        "fire_station": Text("Räddningsstation", "Fire station"),
        "percent_within": Text("% av invånarna inom {minutes} min", "% of the inhabitants within {minutes} min"),
        "mean_way": Text("medelväg, {unit}", "mean way, {unit}"),
        "t_districts": Text("{area}: distrikten i dag och målåret", "{area}: the districts today and in the goal's year"),
        "n_districts": Text(
            "De som kommer bor i de nya bostäderna; alla andra bor där folk bor i dag, och hushållens storlek ändras inte.", "Those who come live in the new dwellings; all others live where people live today, and households keep their size."
        ),
        "no_district": Text("utanför distrikten", "outside the districts"),
        "t_dark": Text("{area}: vem kan gå på belysta vägar", "{area}: who can walk by lit ways"),
        "t_statistics": Text("{area}: trygghetsstatistik som kommunen lämnat", "{area}: safety statistics that the municipality supplied"),
        "n_dark": Text(
            "En väg är belyst där en lampa står inom {metres} meter. Gångtid högst {minutes} minuter. Källa: {source}.", "A way is lit where a lamp stands within {metres} metres. A walk of at most {minutes} minutes. Source: {source}."
        ),
        "t_climate": Text("{area}: koldioxid av arbetspendling med bil", "{area}: carbon dioxide of commuting by car"),
        "n_climate": Text(
            "Dagens invånare pendlar lika långt som i dag; de som kommer pendlar från de nya bostäderna. Bara arbetsresor med bil, med dagens andel som kör. Källa: {source}.",
            "Today's inhabitants go as far as today; those who come commute from the new dwellings. Journeys to work by car alone, with today's share who drive. Source: {source}.",
        ),
        "f_access": Text("{kind} {mode}", "{kind} {mode}"),
        "near_preschool": Text("Förskola", "Preschool"),
        "near_compulsory_school": Text("Grundskola", "Compulsory school"),
        "near_shop": Text("Butik", "Shop"),
        "near_station": Text("Station", "Station"),
        "by_car": Text("med bil", "by car"),
        "by_walk": Text("till fots", "on foot"),
        # notes
        "n_scenarios": Text(
            "Framskrivning är inte prognos: den visar vad som följer av det som antagits. Inflyttade med jobben bor där de som pendlar till platsen bor i dag; {elsewhere} av dem som kommer med jobben "
            "bosätter sig i andra kommuner vid {jobs} jobb.",
            "A projection is no forecast: it shows what follows from what is assumed. Those who move in with the jobs live where those who commute to the site live today; {elsewhere} of those who "
            "come with the jobs settle in other municipalities at {jobs} jobs.",
        ),
        "n_flag": Text("Siffrorna vilar på modeller eller antaganden: {flag}.", "The figures rest on models or assumptions: {flag}."),
        "n_projection": Text(
            "Framskrivning är inte prognos: den visar vad som följer av det som antagits.", "A projection is no forecast: it shows what follows from what is assumed."
        ),
        "n_ages_modelled": Text(
            "Åldrarna är modellerade [0]: kommunens egna åldrar finns inte i planen.", "Ages are modelled [0]: the municipality's own are not in the plan."
        ),
        "n_reserve": Text(
            "Det som vunnit laga kraft först. År räknas som mest till framskrivningens slut. Tabellen är den som riktlinjer för bostadsförsörjning frågar efter.", "What is in force first. Years are counted to the projection's end at most. This is the table that guidelines for housing provision ask for."
        ),
        "n_sites": Text(
            "Först de områden som börjar byggas först. En bostad till på området: hur många bostadsår av väntan den sparar, eller hur mycket bättre läget blir när ingen väntar. "
            "Pendlingen räknades om {rounds} gånger tills fördelningen {still}. Avståndet till bästa möjliga är {gap} %.",
            "Sites that start first come first. One more dwelling at the site: how many dwelling-years of waiting it spares, or how much better placed people are when nobody waits. "
            "The commute was worked out {rounds} times until the allocation {still}. It is within {gap} % of the best possible.",
        ),
        "still_yes": Text("stod still", "stood still"),
        "still_no": Text("fortfarande flyttade sig något", "still moved a little"),
        "n_ways": Text(
            "Restid och koldioxid gäller de nya bostädernas arbetspendling med bil. ”Som folk väljer” är en logitmodell där fulla områden blir dyrare tills ingen fler söker sig dit.",
            "Travel time and carbon dioxide are of the new dwellings' commuting by car. \"As people choose\" is a logit in which full sites become dearer until nobody more wants them.",
        ),
        "n_services": Text(
            "Behov enligt normerna i planen och åldrarna i varje scenario; platser enligt lagret Service. Första bristår: det år då behovet är större än alla platser tillsammans. De som har längre väg än gränsen i grundskolan kan ha rätt till skolskjuts; det prövas av kommunen.",
            "Need by the plan's norms and each scenario's ages; places by the layer Services. First short year: when need is more than all places together. Pupils beyond the limit may have a right to school transport; the municipality decides.",
        ),
        "n_facilities": Text(
            "Alla till den närmaste, full eller inte. Kolumnen Utan plats i tabellen Platser mot behov säger om det räcker när alla får plats någonstans. Tomt: platserna är inte kända.",
            "Everybody to the nearest, full or not. The column Without a place in the table of places against need says whether it is enough when all are placed somewhere. Empty: places are not known.",
        ),
        "n_first": Text(
            "Beslut som behövs senast {year} (inom {years} år). ”Sent” betyder att beslutet redan skulle ha tagits för att hinna bygga.",
            "Decisions needed by {year} (within {years} years). \"Late\" means that it should have been taken already for there to be time to build.",
        ),
        "n_money": Text(
            "Miljoner kronor i planens priser. Skatteintäkter och kommunal utjämning räknas inte: de är inga kartfrågor och står på sidan Det här svarar verktyget inte på.",
            "Million kronor at the plan's prices. Tax revenue and equalisation between municipalities are not counted: they are no map questions and stand on the page What this tool does not answer.",
        ),
        "n_roadmap": Text(
            "En ny enhet behövs det år då behovet går över platserna; beslutet behövs byggtiden innan. Är det året förbi öppnar enheten så snart ett beslut i dag medger.",
            "A new unit is needed in the year when need passes the places; it is decided the building time before. Where that year has passed, it opens as soon as a decision today allows.",
        ),
        # columns' values
        "kind_named": Text("namngivet område", "named site"),
        "kind_new": Text("mark som kunde prövas", "land that could be tried"),
        "group_town": Text("tätort", "town"),
        "group_village": Text("by", "village"),
        "way_weighed": Text("Avvägt enligt planen", "Weighed as the plan says"),
        "way_choice": Text("Som folk väljer", "As people choose"),
        "way_least_commute": Text("Minst pendling", "Least commuting"),
        "way_least_servicing": Text("Lägst kostnad för mark och ledningar", "Least cost of land and pipes"),
        "way_least_suitability": Text("Lämpligast mark", "Most suitable land"),
        "way_least_services": Text("Närmast service", "Nearest to services"),
        "part_commute": Text("pendling", "commuting"),
        "part_servicing": Text("kostnad för mark och ledningar", "cost of land and pipes"),
        "part_suitability": Text("markens lämplighet", "suitability of the land"),
        "part_services": Text("närhet till service", "nearness to services"),
        "reason_revoked": Text("planen är upphävd", "the plan is revoked"),
        "reason_no_number": Text("antalet bostäder är inte känt", "the number of dwellings is not known"),
        "reason_no_lead": Text("planen säger inte hur lång tid planskedet tar", "the plan does not say how long the stage takes"),
        "reason_no_municipality": Text("området ligger i ingen kommun", "the site lies in no municipality"),
        "reason_no_commute": Text("inga arbetsplatser nås", "no workplaces are reached"),
        "reason_no_services": Text("ingen service nås", "no services are reached"),
        "reason_no_suitability": Text("markens lämplighet är inte känd", "the suitability of the land is not known"),
        "reason_no_servicing": Text("kostnaden är inte känd", "the cost is not known"),
        "who_people_start": Text("invånare {year}", "inhabitants {year}"),
        "who_people_end": Text("invånare {year}", "inhabitants {year}"),
        "who_dwellings_new": Text("nya bostäder", "new dwellings"),
        "dwellings": Text("Bostäder", "Dwellings"),
        "mode_car": Text("bil", "car"),
        "mode_walk": Text("till fots", "on foot"),
        "mode_bike": Text("cykel", "bicycle"),
        "method_exact": Text("exakt", "exact"),
        "method_teitz_bart": Text("bästa byte", "best exchange"),
        # basis
        "b_population": Text("Folkmängd i dag", "People today"),
        "b_mean_age": Text("Medelålder", "Mean age"),
        "b_ages": Text("Åldrar, summan av banden", "Ages, the sum of the bands"),
        "b_ages_modelled": Text("Åldrar: modellerad pyramid", "Ages: a modelled pyramid"),
        "b_schedules": Text("Åldersscheman för dödlighet, fruktsamhet och flyttning", "Schedules of mortality, fertility and migration"),
        "b_births": Text("Födda ett år", "Births of a year"),
        "b_deaths": Text("Döda ett år", "Deaths of a year"),
        "b_net": Text("Flyttnetto ett år", "Net migration of a year"),
        "b_change": Text("Folkmängdens förändring ett år; flyttnettot är vad födda och döda lämnar", "Change of the population in a year; net migration is what births and deaths leave"),
        "b_moves_unknown": Text("Flyttnetto: okänt, satt till noll", "Net migration: unknown, set to nought"),
        "b_households": Text("Hushåll", "Households"),
        "b_household_mean": Text("Personer per hushåll; andel med en person", "Persons a household; share with one"),
        "b_stock": Text("Lediga bostäder; rivs per år; fritidshus som blir permanenta per år", "Vacant dwellings; lost a year; holiday homes turned permanent a year"),
        "b_kinds": Text("Hustyp och upplåtelseform efter hushållets storlek", "Building type and tenure by household size"),
        "b_forecast": Text("Officiell prognos", "Official forecast"),
        "b_persons_per_mover": Text("Personer som flyttar in för varje som tar ett jobb", "Persons who move in for each who takes a job"),
        "b_multiplier": Text("Alla jobb för varje jobb på platsen", "All jobs for each at the site"),
        "b_in_migrants": Text("Andel av jobben som tas av inflyttade", "Share of the jobs taken by people who move in"),
        "b_movers_unknown": Text("Inflyttning med jobben: inte räknad, pendlingsmodellen saknas", "Moves with the jobs: not counted, there is no commuting model"),
        "b_norm": Text("Norm för {title}: {first}–{last} år, andel {share}", "Norm of {title}: {first}–{last} years, share {share}"),
        "b_unit": Text("{title}: platser och Mkr för en enhet till", "{title}: places and MSEK of one more"),
        "b_limit": Text("{title}: längsta väg", "{title}: longest way"),
        "b_servicing": Text("Kostnad för mark och ledningar: kr per bostad, per meter väg, per meter ledning", "Land and pipes: SEK a dwelling, a metre of road, a metre of pipe"),
        "b_lead": Text("År till inflyttning efter planskede", "Years to moving in by plan stage"),
        "b_weights": Text("Vikter när bostäder fördelas", "Weights for placing dwellings"),
        "b_new_land": Text("Bostäder per hektar på mark som kunde prövas", "Dwellings a hectare on land that could be tried"),
        "b_workers": Text("Personer som arbetar per bostad; arbetsdagar per år", "Who work a dwelling; working days a year"),
        "b_turnout": Text("Anspänningstid, minuter", "Turnout time, minutes"),
        # answers
        "a_growth": Text(
            "{area} behöver {per_year} bostäder om året för att nå {goal} invånare {year}; utan målet pekar framskrivningen mot {without} år {end}.",
            "{area} needs {per_year} dwellings a year to reach {goal} inhabitants by {year}; without the goal the projection points to {without} in {end}.",
        ),
        "a_growth_baseline": Text(
            "Framskrivningen för {area} pekar mot {without} invånare {end}; det behövs {per_year} bostäder om året.",
            "The projection for {area} points to {without} inhabitants in {end}; {per_year} dwellings a year are needed.",
        ),
        "whole": Text("{area} behöver {per_year} bostäder om året för {goal} invånare {year}", "{area} needs {per_year} dwellings a year for {goal} inhabitants by {year}"),
        "whole_still": Text("{area} pekar mot {without} invånare {end} om ingen flyttar in eller ut (framskrivning)", "{area} points to {without} inhabitants in {end} if nobody moves in or out (projection)"),
        "whole_baseline": Text("{area} pekar mot {without} invånare {end}", "{area} points to {without} inhabitants in {end}"),
        "a_first_site": Text("Först byggs {site} ({first_year}).", "First to be built is {site} ({first_year})."),
        "a_waiting": Text("De områden som finns räcker inte: {waiting} bostäder väntar ännu {end}.", "The sites that there are do not suffice: {waiting} dwellings still wait in {end}."),
        "a_balance": Text(
            "Planens fördelning mellan tätort och by gör att {waiting} bostäder väntar ännu {end}; utan den räcker områdena.",
            "The plan's balance between town and village makes {waiting} dwellings still wait in {end}; without it the sites suffice.",
        ),
        "a_dwellings": Text("{area} behöver {per_year} bostäder om året för {goal} invånare {year}.", "{area} needs {per_year} dwellings a year for {goal} inhabitants by {year}."),
        "a_dwellings_none": Text("Framskrivningen för {area} ger inget behov av fler bostäder till {end}.", "The projection for {area} gives no need of more dwellings until {end}."),
        "a_growth_none": Text(
            "Framskrivningen för {area} pekar mot {without} invånare {end} och ger inget behov av fler bostäder.", "The projection for {area} points to {without} inhabitants in {end} and gives no need of more dwellings."
        ),
        "a_dwellings_baseline": Text("{area} behöver {per_year} bostäder om året enligt framskrivningen.", "{area} needs {per_year} dwellings a year by the projection."),
        "a_reserve_none": Text("Inga planer har vunnit laga kraft; alla planer och idéer räcker i {all_years} år.", "No plans are in force; all plans and ideas last {all_years} years."),
        "a_reserve": Text("Planer som vunnit laga kraft räcker i {years} år, alla planer och idéer i {all_years} år.", "Plans in force last {years} years, all plans and ideas {all_years} years."),
        "a_breaks": Text("Först tar platserna slut i {service}: {year}.", "First to run out of places is {service}: {year}."),
        "a_breaks_now": Text("Platserna räcker redan i dag inte i {service}.", "There are not places enough today already in {service}."),
        "a_breaks_none": Text("Platserna räcker till {end} i alla verksamheter som prövats.", "Places suffice to {end} in every service that was tried."),
        "a_jobs": Text("Utan jobb på platsen har {area} {none} invånare {end}, {items}.", "Without jobs at the site {area} has {none} inhabitants in {end}, {items}."),
        "a_jobs_item": Text("med {jobs} jobb {people}", "with {jobs} jobs {people}"),
        "a_first": Text("Gör detta först: {items}.", "Do this first: {items}."),
        "a_first_item": Text("{what} (beslut senast {year})", "{what} (decide by {year})"),
        "a_first_late": Text("{what} (beslutet är sent)", "{what} (the decision is late)"),
        "a_first_none": Text("Inget behöver beslutas inom {years} år enligt planens tal.", "Nothing needs deciding within {years} years by the plan's figures."),
        "a_money": Text("Färdplanen summerar till {msek} miljoner kronor till {end}, varav kommunen {kommun}.", "The roadmap sums to {msek} million kronor by {end}, of which the municipality {kommun}."),
        "a_response": Text("{share} % av invånarna nås av räddningstjänsten inom {minutes} minuter.", "{share} % of the inhabitants are reached by the rescue services within {minutes} minutes."),
        "a_dark": Text("{share} % av invånarna kan gå till en grundskola på belysta vägar.", "{share} % of the inhabitants can walk to a compulsory school by lit ways."),
        "a_far": Text("{count} i {service} har längre väg än {limit} i dag.", "{count} in {service} have a longer way than {limit} today."),
        "a_climate": Text(
            "Arbetspendlingen med bil ger {now} ton koldioxid om året i dag och {then} ton {year} med dagens bilar.",
            "Commuting by car gives {now} tonnes of carbon dioxide a year today and {then} tonnes in {year} with today's cars.",
        ),
        "a_climate_fleet": Text(
            "Arbetspendlingen med bil ger {now} ton koldioxid om året i dag; {year} blir det {then} ton med dagens bilar och {fleet} ton om bilarna byts som planen antar.",
            "Commuting by car gives {now} tonnes of carbon dioxide a year today; in {year} it is {then} tonnes with today's cars and {fleet} tonnes if cars change as the plan assumes.",
        ),
        "a_near": Text(
            "{car} % av invånarna har högst {car_min} minuter med bil till {kind}, {walk} % högst {walk_min} minuter till fots.",
            "{car} % of the inhabitants have at most {car_min} minutes by car to a {kind}, {walk} % at most {walk_min} minutes on foot.",
        ),
        "a_skills": Text(
            "Inom 45 minuter från {site} finns {people} i arbetskraften som kan eller kan lära sig arbetet enligt planens antagande; utbildning finns inte i något lager.",
            "Within 45 minutes of {site} there are {people} in the labour force who can do, or can learn, the work by the plan's assumption; education is in no layer.",
        ),
        "team_lacks": Text("Lager som laget frågar efter och som saknas i planen: {layers}.", "Layers that the team asks for and that are not in the plan: {layers}."),
        "team_shows": Text("Kartan visar {layers}.", "The map shows {layers}."),
        "team_nothing": Text("Det finns inget att visa för laget än.", "There is nothing to show for the team yet."),
        # uncertain
        "u_growth": Text(
            "Siffror märkta [0] är antaganden eller modeller och ska bytas mot kommunens egna; [1] är publicerade i en källa. Framskrivningen är ingen prognos.",
            "Figures flagged [0] are assumptions or models and shall be replaced by the municipality's own; [1] are published in one source. The projection is no forecast.",
        ),
        "u_growth_unplaced": Text(
            "{area}: bostäderna fördelades inte på områden; det behövs ett område i kommunen med känt antal bostäder och planskede, vägar och minst en vikt som går att räkna.",
            "{area}: dwellings were not placed on sites; that needs a site in the municipality with a known number and stage, roads, and a weight that can be worked out.",
        ),
        "u_growth_movers": Text(
            "{area}: vad jobben på platsen betyder för folkmängden är inte räknat, för pendlingsmodellen saknas.",
            "{area}: what the jobs at the site mean for the population is not worked out, as there is no commuting model.",
        ),
        "u_growth_ways": Text(
            "{area}: vem som har hur långt till {names} är inte räknat, för vägar eller befolkning per ruta saknas.",
            "{area}: who has how far to {names} is not worked out, as roads or people by square are not there.",
        ),
        "u_growth_measures": Text(
            "{area}: utan kostnad i färdplanen står {names}; summan är inte känd, eller året ligger utanför {first}–{last}.",
            "{area}: {names} stand on the roadmap without cost; the sum is not known, or the year is outside {first}–{last}.",
        ),
        "u_growth_weights": Text(
            "{area}: {parts} vägdes inte när bostäderna fördelades, fast planen ger vikt åt det: det gick inte att räkna med de lager som finns.",
            "{area}: {parts} had no say in placing dwellings, though the plan gives it weight: it could not be worked out from the layers that there are.",
        ),
        "u_growth_balance": Text(
            "{area}: planens fördelning mellan tätort och by hölls inte, för inget område ligger i {group}.", "{area}: the plan's balance between town and village was not kept, as no site lies in a {group}."
        ),
        "u_growth_kept": Text("{area}: {count} av bostäderna väntar bara för planens fördelning mellan tätort och by.", "{area}: {count} of the dwellings wait only for the plan's balance between town and village."),
        "u_growth_places": Text(
            "{area}: {count} av {whole} enheter i {service} saknar uppgift om platser; när platserna tar slut sägs därför inte.",
            "{area}: {count} of {whole} facilities of {service} have no places told, so nothing is said of when they run out.",
        ),
        "u_growth_lacking": Text("{area}: det här prövades inte, för lagret eller slaget saknas: {names}.", "{area}: not tried, as the layer or kind is not there: {names}."),
        # method
        "m_people": Text("Folkmängd", "People"),
        "m_people_text": Text(
            "Kohortmodell med ettårsklasser och två kön (Leslie 1945): de som överlever blir ett år äldre, barn föds av årets medelantal kvinnor i varje ålder och de som flyttar läggs till. Dödlighet enligt Gompertz och "
            "Makeham, fruktsamhet enligt en gammakurva (Hoem m.fl. 1981), flyttning enligt Rogers och Castro (1981), där de som lämnar kommunen fördelas på dem som bor här; alla skalade till publicerade födda, döda och flyttade där de finns. Målet nås med den nettoinflyttning per år som gör att "
            "folkmängden stämmer exakt målåret.",
            "Cohorts of one-year ages and two sexes (Leslie 1945): survivors age a year, children are born to the year's mean number of women of each age, and movers are added. Mortality by Gompertz and Makeham, fertility by a gamma "
            "curve (Hoem et al. 1981), migration by Rogers and Castro (1981), those who leave being spread over those who live here, all scaled to published births, deaths and moves where there are some. A goal is met by the net migration a year that makes the population exact in its year.",
        ),
        "m_dwellings": Text("Bostäder", "Dwellings"),
        "m_dwellings_text": Text(
            "Hushållen följer folkmängden med dagens storlekar. Beståndet ska rymma dem med den andel lediga som planen säger; det som rivs byggs igen och fritidshus som blir permanenta räknas av. Bostäderna fördelas med heltalsoptimering (HiGHS): "
            "först så att så få som möjligt väntar, sedan så att den avvägda summan av pendling, kostnad, markens lämplighet och närhet till service blir minst. Efter fördelningen räknas pendlingen om, för fler söker då samma jobb, och svaret upprepas tills det står still.",
            "Households follow people at today's sizes. The stock holds them with the vacancy that the plan says; what is lost is built again and holiday homes turned permanent are deducted. Dwellings are placed by integer programming (HiGHS): first so that as few "
            "as possible wait, then so that the weighed sum of commuting, cost, suitability of the land and nearness to services is least. The commute is then worked out again, as more look for the same jobs, and the answer repeated until it stands still.",
        ),
        "m_services": Text("Service", "Services"),
        "m_services_text": Text(
            "Brukare är andelar av åldrarna enligt planens normer. De bor där folk bor i dag och i de nya bostäderna. Vägen till fots räknas med 5 km/h på väg- och gångnätet. Alla till den närmaste visar var trycket är; minsta sammanlagda resa utan att "
            "någon enhet blir överfull visar vad som verkligen saknas. En ny enhet placeras där sammanlagd resa blir kortast (p-median).",
            "Users are shares of ages by the plan's norms. They live where people live today and in the new dwellings. Walking is at 5 km/h on the road and path network. Everybody to the nearest shows where the pressure is; least travel in all with nobody over the "
            "places shows what is truly short. A new unit stands where all travel together is least (p-median).",
        ),
        # chart
        "c_people": Text("{area}: folkmängd", "{area}: people"),
        # vectors
        "l_sites": Text("{area}: nya bostäder, år och antal", "{area}: new dwellings, year and number"),
        "l_facilities": Text("{area}: service och första bristår", "{area}: services and first short year"),
        "l_more": Text("{area}: läge för en enhet till", "{area}: place for one more"),
        "l_measures": Text("Namngivna investeringar", "Named investments"),
        "never": Text("räcker", "suffices"),
        "not_used": Text("byggs inte", "not built"),
    }
)


def tell(key: str, **values: object) -> Text:
    """Return words in both languages with their values put in; a value may be a `Text`.

    Examples
    --------
    >>> tell("a_first_site", site="Solhöjden", first_year=2030).sv
    'Först byggs Solhöjden (2030).'
    """
    words = WORDS[key]
    out = []
    for language in ("sv", "en"):
        own = {k: v[language] if isinstance(v, Text) else v for k, v in values.items()}
        out.append(words[language].format(**own))
    return Text(*out)
