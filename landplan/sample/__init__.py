"""The sample area: real places, demonstration geometry.

The municipalities Härnösand, Timrå, Sundsvall and Kramfors with five kilometres around them. Boundaries, coast, place
names, populations and goals are real and carry their source. Roads, rails, timetables, terrain, plans, workplaces and
where exactly people live are made up by rules and marked ``synthetic``.
"""

from __future__ import annotations

from landplan.sample.inputs import clip, read_inputs
from landplan.sample.region import SampleReport, build

__all__ = ["SampleReport", "build", "clip", "read_inputs"]
