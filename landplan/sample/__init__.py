"""The sample areas: real places, demonstration geometry.

``torsboda`` is Härnösand, Timrå, Sundsvall and Kramfors, ``ostersund`` Östersund, ``haparanda`` Haparanda and Tornio, each
with five kilometres around. Coast, place names, populations and goals are real and carry their source. Roads, rails,
timetables, terrain, plans, workplaces and where exactly people live are made up by rules and marked ``synthetic``.
"""

from __future__ import annotations

from landplan.sample.area import SampleArea
from landplan.sample.areas import AREAS, area_named
from landplan.sample.inputs import clip, read_inputs
from landplan.sample.region import SampleReport, build

__all__ = ["AREAS", "SampleArea", "SampleReport", "area_named", "build", "clip", "read_inputs"]
