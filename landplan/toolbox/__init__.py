"""Single tools over files, as desktop programs call them: files in, one file out.

`frames` reads layers and writes answers, `tools` has the tools; both say in words what they did. A plan
ties many layers to one run; a tool asks one question of the layers a person has open.
"""

from __future__ import annotations

from landplan.toolbox.frames import Answer, LayerFile
from landplan.toolbox.tools import candidate_sites, check_layer, rings, travel_times

__all__ = ["Answer", "LayerFile", "candidate_sites", "check_layer", "rings", "travel_times"]
