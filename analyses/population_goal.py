"""A population goal: the migration it asks for, the dwellings that follow, and what a factory's jobs bring of it.

    python analyses/population_goal.py [OUT_FOLDER]
"""

import sys
from pathlib import Path

import pandas as pd

from landplan import growth as g
from landplan.units import format_number

OUT = Path(sys.argv[1] if len(sys.argv) > 1 else "out")
PLACE, PEOPLE, MEAN_AGE = "Härnösand", 24_354, 45.9  # municipality list 2025-12-12; sverigestatistik.se [1]
BIRTHS, DEATHS, MOVES = 199, 302, 1_204 - 1_241  # SCB, 2024 [1]
GOAL, START, END = 30_000, 2025, 2040  # harnosand.se
JOBS, RAMP = (0, 1_900, 4_000), {2030: 0.3, 2031: 0.6, 2032: 1.0}  # scenarios, not plans
MOVED_IN = {"in_migrants": 0.25, "persons_per_worker": 1.8, "multiplier": 1.7, "share_here": 0.16}  # assumptions [0]
HOUSEHOLDS = {"mean": 2.0, "one_person": 0.46}  # 46 %: Kolada [1]; 2.0: an assumption [0]
VACANCY, LOSSES = 0.02, 10  # assumptions [0]

people = g.pyramid(PEOPLE, mean_age=MEAN_AGE)  # ages are modelled [0]: put in the municipality's own
leaving = g.migration_profile() * people  # more leave than come: spread over those who live here
spread = leaving / leaving.sum()
rates = g.scaled(people, g.Rates(), births=BIRTHS, deaths=DEATHS, migration=MOVES * spread)
households = g.household_sizes(PEOPLE, **HOUSEHOLDS)
solved = g.solve_migration(people, rates, goal=GOAL, year=END, start=START, base=MOVES * spread)

ways = {"utan mål": solved.baseline, f"mål {format_number(GOAL, 0, language='sv')}": solved.projection}
for jobs in JOBS[1:]:
    came = g.moved_in(jobs, range(START + 1, END + 1), ramp=RAMP, **MOVED_IN)
    ways[f"{format_number(jobs, 0, language='sv')} jobb"] = g.project(people, rates, MOVES * spread + came.by_age, range(START, END + 1))
rows = []
for name, projection in ways.items():
    need = g.housing_need(projection, households, VACANCY, LOSSES)
    rows.append({
        "scenario": name, f"folkmängd {END}": projection.total[-1], "20–64 år": projection.between(20, 64)[-1], "80 år och äldre": projection.between(80, 100)[-1],
        "försörjningskvot": projection.dependency()[-1], "bostäder per år": need.per_year, "säkerhet": projection.flag,
    })  # fmt: skip

table = pd.DataFrame(rows)
OUT.mkdir(parents=True, exist_ok=True)
path = OUT / "population_goal.csv"
table.round(2).to_csv(path, index=False)
print(f"{PLACE}: framskrivning {START}–{END}, ingen prognos; [0] = vilar på antaganden")
print(table.to_string(index=False, float_format="%.1f"))
print(f"målet ligger {format_number(solved.distance, 0, language='sv')} personer över framskrivningen: {solved.net_per_year:.0f} fler inflyttade än utflyttade om året utöver dagens")
print(f"wrote {path}")
