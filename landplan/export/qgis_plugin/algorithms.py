"""The five tools."""

from __future__ import annotations

import json
import os

from qgis.core import (
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorDestination,
    QgsProcessingParameterVectorLayer,
)

from .base import ANY, LINE, POLYGON, LandplanAlgorithm, advanced, open_after
from .words import language, say

MODES = ("car", "walk", "bike")
DIRECTIONS = ("to", "from")


def catalogue():
    """Return landplan's layers as they were when the plugin was built: id, kind, title in both languages."""
    with open(os.path.join(os.path.dirname(__file__), "layers.json"), encoding="utf-8") as file:
        found = json.load(file)
    return sorted(found, key=lambda d: d["title"][language()].lower())


def number(name, key, default, *, low=0.0, whole=False, optional=False):
    """Return a number to fill in."""
    kind = QgsProcessingParameterNumber.Integer if whole else QgsProcessingParameterNumber.Double
    return QgsProcessingParameterNumber(name, say(key), kind, default, optional, low)


class CheckLayer(LandplanAlgorithm):
    """Check a layer against the contract of one of landplan's."""

    TOOL = "check"

    def initAlgorithm(self, configuration=None):
        """Set up the form."""
        self.addParameter(QgsProcessingParameterVectorLayer("LAYER", say("layer"), [QgsProcessing.TypeVector]))
        titles = [f"{d['title'][language()]} ({d['id']})" for d in catalogue()]
        self.addParameter(QgsProcessingParameterEnum("AS", say("as"), titles))
        self.addParameter(QgsProcessingParameterVectorDestination("OUTPUT", say("faults_out"), ANY, None, True, False))
        self.addOutput(QgsProcessingOutputBoolean("OK", say("ok")))
        self.addOutput(QgsProcessingOutputNumber("FAULTS", say("faults")))

    def request(self, parameters, context, feedback):
        """Ask for a check."""
        definition = catalogue()[self.parameterAsEnum(parameters, "AS", context)]
        out, folder = self.target(parameters, context)
        layer = self.layer_file(parameters, "LAYER", context, feedback)
        return {"layer": layer, "as": definition["id"], "out": out or None}, folder

    def outputs(self, parameters, context, result):
        """Hand back the verdict, and the features at fault."""
        values = {"OK": bool(result["values"]["ok"]), "FAULTS": result["values"]["faults"]}
        if result["layers"]:
            values["OUTPUT"] = result["layers"][0]["path"]
        return values


class RunPlan(LandplanAlgorithm):
    """Run a plan file."""

    TOOL = "run"

    def initAlgorithm(self, configuration=None):
        """Set up the form."""
        self.addParameter(QgsProcessingParameterFile("PLAN", say("plan"), extension="toml"))
        self.addParameter(QgsProcessingParameterFolderDestination("OUTPUT", say("folder")))
        self.addParameter(QgsProcessingParameterBoolean("OPEN", say("open"), True))
        self.addParameter(advanced(QgsProcessingParameterBoolean("FORCE", say("force"), False)))
        self.addOutput(QgsProcessingOutputString("FOLDER", say("run_folder")))
        self.addOutput(QgsProcessingOutputFile("PROJECT", say("project")))

    def request(self, parameters, context, feedback):
        """Ask for a run."""
        out = self.parameterAsString(parameters, "OUTPUT", context)
        self.open = self.parameterAsBool(parameters, "OPEN", context)
        plan = self.parameterAsFile(parameters, "PLAN", context)
        return {"plan": plan, "out": out, "force": self.parameterAsBool(parameters, "FORCE", context)}, out

    def outputs(self, parameters, context, result):
        """Hand back where the run is, and open what it worked out."""
        if self.open:
            for layer in result["layers"]:
                open_after(context, layer["path"], layer["layer"], layer["title"])
        values = result["values"]
        return {
            "OUTPUT": self.parameterAsString(parameters, "OUTPUT", context),
            "FOLDER": values.get("folder", ""),
            "PROJECT": values.get("project", ""),
        }


class OnRoads(LandplanAlgorithm):
    """What the two tools on a road network share."""

    def add_roads(self):
        """Ask for the roads."""
        self.addParameter(QgsProcessingParameterFeatureSource("ROADS", say("roads"), [LINE]))

    def add_places(self, name, key):
        """Ask for places and what names them."""
        self.addParameter(QgsProcessingParameterFeatureSource(name, say(key), [ANY]))
        named = say("id", what=say(key).lower())
        self.addParameter(QgsProcessingParameterField(f"{name}_ID", named, None, name, optional=True))

    def add_ways(self):
        """Ask how people move."""
        self.addParameter(QgsProcessingParameterEnum("MODE", say("mode"), [say(m) for m in MODES], defaultValue=0))
        self.addParameter(advanced(number("MAX_M", "max_m", 2000.0)))

    def ways(self, parameters, context):
        """Return how people move."""
        return {
            "mode": MODES[self.parameterAsEnum(parameters, "MODE", context)],
            "max_m": self.parameterAsDouble(parameters, "MAX_M", context),
        }

    def column(self, parameters, name, context):
        """Return the column that names places, None when the form was left empty."""
        return self.parameterAsString(parameters, f"{name}_ID", context) or None


class TravelTimes(OnRoads):
    """Minutes between places."""

    TOOL = "matrix"

    def initAlgorithm(self, configuration=None):
        """Set up the form."""
        self.add_roads()
        self.add_places("ORIGINS", "origins")
        self.add_places("DESTINATIONS", "destinations")
        self.addParameter(number("CUTOFF", "cutoff", None, optional=True))
        self.add_ways()
        self.addParameter(advanced(number("ACCESS_KMH", "access_kmh", 5.0, low=0.1)))
        self.addParameter(QgsProcessingParameterFileDestination("OUTPUT", say("matrix_out"), "CSV (*.csv)"))
        self.addOutput(QgsProcessingOutputNumber("PAIRS", say("pairs")))
        self.addOutput(QgsProcessingOutputNumber("REACHED", say("reached")))

    def request(self, parameters, context, feedback):
        """Ask for a matrix."""
        self.out = self.parameterAsFileOutput(parameters, "OUTPUT", context)
        options = {
            "origin_id": self.column(parameters, "ORIGINS", context),
            "destination_id": self.column(parameters, "DESTINATIONS", context),
            "access_kmh": self.parameterAsDouble(parameters, "ACCESS_KMH", context),
            **self.ways(parameters, context),
        }
        if parameters.get("CUTOFF") is not None:
            options["cutoff_min"] = self.parameterAsDouble(parameters, "CUTOFF", context)
        layers = {k.lower(): self.layer_file(parameters, k, context, feedback) for k in ("ROADS", "ORIGINS", "DESTINATIONS")}
        return {**layers, "out": self.out, "options": options}, os.path.dirname(self.out)

    def outputs(self, parameters, context, result):
        """Hand back the file and how much is reached."""
        return {"OUTPUT": self.out, "PAIRS": result["values"]["pairs"], "REACHED": result["values"]["reached"]}


class Isochrones(OnRoads):
    """Areas within minutes."""

    TOOL = "isochrones"

    def initAlgorithm(self, configuration=None):
        """Set up the form."""
        self.add_roads()
        self.add_places("SITES", "places")
        self.addParameter(QgsProcessingParameterString("MINUTES", say("minutes"), "15, 30, 45, 60"))
        self.addParameter(QgsProcessingParameterEnum("DIRECTION", say("direction"), [say(d) for d in DIRECTIONS], defaultValue=0))
        self.addParameter(QgsProcessingParameterFeatureSource("BARRIERS", say("barriers"), [POLYGON], None, True))
        self.add_ways()
        self.addParameter(QgsProcessingParameterVectorDestination("OUTPUT", say("isochrones_out"), POLYGON))

    def request(self, parameters, context, feedback):
        """Ask for rings."""
        self.out, folder = self.target(parameters, context)
        options = {
            "site_id": self.column(parameters, "SITES", context),
            "direction": DIRECTIONS[self.parameterAsEnum(parameters, "DIRECTION", context)],
            **self.ways(parameters, context),
        }
        asked = {k.lower(): self.layer_file(parameters, k, context, feedback) for k in ("ROADS", "SITES", "BARRIERS")}
        minutes = _minutes(self.parameterAsString(parameters, "MINUTES", context))
        return {**asked, "minutes": minutes, "out": self.out, "options": options}, folder

    def outputs(self, parameters, context, result):
        """Hand back the layer."""
        return {"OUTPUT": self.out}


def _minutes(text):
    """Read minutes separated by commas, semicolons or spaces."""
    found = []
    for part in text.replace(";", " ").replace(",", " ").split():
        try:
            found.append(float(part))
        except ValueError:
            raise QgsProcessingException(say("not_a_number", text=part)) from None
    return found


class CandidateSites(LandplanAlgorithm):
    """Free land of a size."""

    TOOL = "sites"

    def initAlgorithm(self, configuration=None):
        """Set up the form."""
        self.addParameter(QgsProcessingParameterFeatureSource("AREA", say("area"), [POLYGON]))
        self.addParameter(QgsProcessingParameterMultipleLayers("EXCLUSIONS", say("exclusions"), ANY, optional=True))
        self.addParameter(number("SETBACK_M", "setback", 0.0))
        self.addParameter(QgsProcessingParameterFeatureSource("NEAR", say("near"), [ANY], None, True))
        self.addParameter(number("NEAR_BEST_M", "near_best", 500.0))
        self.addParameter(number("NEAR_WORST_M", "near_worst", 10000.0))
        self.addParameter(number("MIN_HA", "min_ha", 40.0, low=0.01))
        self.addParameter(number("MAX_HA", "max_ha", None, low=0.01, optional=True))
        self.addParameter(number("COUNT", "count", 10, low=1, whole=True))
        self.addParameter(advanced(number("APART_M", "apart", 1000.0)))
        self.addParameter(advanced(number("CELL_M", "cell", 50.0, low=1.0)))
        self.addParameter(QgsProcessingParameterVectorDestination("OUTPUT", say("sites_out"), POLYGON))
        self.addOutput(QgsProcessingOutputNumber("FOUND", say("found")))

    def request(self, parameters, context, feedback):
        """Ask for sites."""
        self.out, folder = self.target(parameters, context)
        names = ("SETBACK_M", "NEAR_BEST_M", "NEAR_WORST_M", "MIN_HA", "APART_M", "CELL_M")
        options = {n.lower(): self.parameterAsDouble(parameters, n, context) for n in names}
        options["count"] = self.parameterAsInt(parameters, "COUNT", context)
        if parameters.get("MAX_HA") is not None:
            options["max_ha"] = self.parameterAsDouble(parameters, "MAX_HA", context)
        excluded = self.parameterAsLayerList(parameters, "EXCLUSIONS", context)
        asked = {k.lower(): self.layer_file(parameters, k, context, feedback) for k in ("AREA", "NEAR")}
        asked["exclusions"] = [self.file_of(layer, context, feedback) for layer in excluded]
        return {**asked, "out": self.out, "options": options}, folder

    def outputs(self, parameters, context, result):
        """Hand back the layer and how many there are."""
        return {"OUTPUT": self.out, "FOUND": result["values"]["sites"]}


ALGORITHMS = (CheckLayer, RunPlan, TravelTimes, Isochrones, CandidateSites)
