"""Load the built plugin into real QGIS, run its tools through the Processing API, print what came as JSON.

Run by the system's Python. Usage: ``qgis_plugin_check.py FOLDER JOBS.json``; FOLDER holds the unzipped plugin. A
job is ``{"id", "parameters", "cancel_after_s"?, "cancel_when"?, "setting"?, "environment"?, "look"?}``; a parameter that is a list ``["layer", path,
name]`` becomes a layer, ``["selected", path, name, ids]`` one with a selection, ``["memory", path, name]`` one that
lies in memory.
"""

import glob
import json
import os
import sys
import threading
import time

for name in ("PROJ_LIB", "PROJ_DATA", "GDAL_DATA", "PYTHONPATH"):
    os.environ.pop(name, None)
os.environ["QT_QPA_PLATFORM"] = "offscreen"
sys.path[:0] = [sys.argv[1], "/usr/share/qgis/python/plugins"]

from qgis.core import (  # noqa: E402
    QgsApplication,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingFeedback,
    QgsProject,
    QgsVectorLayer,
)

SOON_S = 60.0


class Listener(QgsProcessingFeedback):
    """Keeps what is said, and the first and last progress."""

    def __init__(self):
        super().__init__(False)
        self.said = []
        self.progress = []
        self.progressChanged.connect(self.progress.append)

    def pushInfo(self, info):
        """Keep."""
        self.said.append(info)

    def reportError(self, error, fatalError=False):
        """Keep."""
        self.said.append(error)


def layer_of(what):
    """Return the layer that a job names."""
    layer = QgsVectorLayer(f"{what[1]}|layername={what[2]}" if what[2] else what[1], "Lager å", "ogr")
    assert layer.isValid(), what
    if what[0] == "memory":
        kept = QgsVectorLayer(f"{'LineString' if layer.geometryType() == 1 else 'Point'}?crs=EPSG:3006", "I minnet", "memory")
        kept.dataProvider().addAttributes(layer.fields().toList())
        kept.updateFields()
        kept.dataProvider().addFeatures(list(layer.getFeatures()))
        layer = kept
    QgsProject.instance().addMapLayer(layer)
    if what[0] == "selected":
        layer.selectByIds(what[3])
        return QgsProcessingFeatureSourceDefinition(layer.id(), selectedFeaturesOnly=True)
    return layer


def children(parent):
    """Return the processes that some process started."""
    found = []
    for stat in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(stat, encoding="utf-8", errors="replace") as file:
                parts = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(parts[1]) == parent and parts[0] != "Z":
            found.append(int(stat.split("/")[2]))
    return found


def looked_at(path, layers):
    """Return what an output looks like when QGIS opens it."""
    found = {}
    for name in layers:
        layer = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
        found[name] = {
            "valid": layer.isValid(), "count": layer.featureCount(), "crs": layer.crs().authid(),
            "renderer": layer.renderer().type() if layer.isValid() else None,
            "aliases": {f.name(): f.alias() for f in layer.fields() if f.alias()} if layer.isValid() else {},
        }  # fmt: skip
    return found


def run(job):
    """Run one tool and return what happened."""
    import processing
    from processing.core.ProcessingConfig import ProcessingConfig

    ProcessingConfig.setSettingValue("LANDPLAN_PYTHON", job.get("setting", ""))
    os.environ.update(job.get("environment", {}))
    feedback = Listener()
    parameters = {k: layer_of(v) if isinstance(v, list) and v and v[0] in ("layer", "selected", "memory") else v for k, v in job["parameters"].items()}
    answer = {"started": []}
    if "cancel_after_s" in job:

        def cancel():
            until = time.monotonic() + SOON_S
            # its own words show that it works, not only that it has started
            while time.monotonic() < until and not any(job["cancel_when"] in said for said in feedback.said):
                time.sleep(0.02)
            answer["started"] = children(os.getpid())
            time.sleep(job["cancel_after_s"])
            answer["cancelled_at"] = time.monotonic()
            feedback.cancel()

        threading.Thread(target=cancel, daemon=True).start()
    try:
        answer["result"] = {k: v if isinstance(v, bool | int | float | str) else str(v) for k, v in processing.run(job["id"], parameters, feedback=feedback).items()}
    except QgsProcessingException as error:
        answer["error"] = str(error)
    if "cancelled_at" in answer:
        answer["seconds_to_stop"] = time.monotonic() - answer.pop("cancelled_at")
    for name in job.get("environment", {}):
        os.environ.pop(name, None)
    answer["left"] = [p for p in answer["started"] if p in children(os.getpid())]
    answer["said"] = feedback.said
    answer["progress"] = feedback.progress
    if "look" in job:
        answer["seen"] = looked_at(*job["look"])
    return answer


def main():
    """Load the plugin, describe it, run the jobs."""
    with open(sys.argv[2], encoding="utf-8") as file:
        given = json.load(file)
    app = QgsApplication([], False)
    app.initQgis()
    from processing.core.Processing import Processing

    Processing.initialize()
    import landplan_tools

    plugin = landplan_tools.classFactory(None)
    plugin.initProcessing()
    provider = QgsApplication.processingRegistry().providerById("landplan")
    report = {
        "version": __import__("qgis.core").core.Qgis.version(),
        "locale": QgsApplication.locale(),
        "algorithms": {
            a.id(): {"title": a.displayName(), "help": a.shortHelpString(), "parameters": [p.name() for p in a.parameterDefinitions()],
                     "words": [p.description() for p in a.parameterDefinitions()], "can": a.create() is not None}
            for a in provider.algorithms()
        },
        "jobs": [run(job) for job in given["jobs"]],
    }  # fmt: skip
    plugin.unload()
    report["unloaded"] = QgsApplication.processingRegistry().providerById("landplan") is None
    print("\n" + json.dumps(report, ensure_ascii=False), flush=True)
    # QGIS falls over its own layers when it is taken down with some still open
    os._exit(0)


if __name__ == "__main__":
    main()
