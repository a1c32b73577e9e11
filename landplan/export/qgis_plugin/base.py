"""What every tool of ours has in common: words, layers as files, a child that works, errors as words."""

from __future__ import annotations

import os

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingParameterDefinition,
    QgsProcessingUtils,
    QgsProviderRegistry,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QIcon

from .child import Cancelled, ChildError, ask
from .words import language, say

READ_AS_THEY_ARE = (".gpkg", ".shp", ".geojson", ".json", ".fgb", ".parquet")


class LandplanAlgorithm(QgsProcessingAlgorithm):
    """One tool; a subclass has its `TOOL`, its parameters, `request` and `outputs`.

    `request` says what to ask landplan for and the folder that the answer is written in, `outputs` the tool's outputs by
    name. The other method names are QGIS' own.
    """

    TOOL = ""

    def name(self):
        """Stand last in the id."""
        return self.TOOL

    def displayName(self):
        """Stand in the toolbox."""
        return say(self.TOOL)

    def shortHelpString(self):
        """Stand beside the form."""
        return say(f"{self.TOOL}_help")

    def icon(self):
        """Our own icon."""
        return QIcon(os.path.join(os.path.dirname(__file__), "icon.svg"))

    def createInstance(self):
        """Return a fresh one for each run."""
        return type(self)()

    def prepareAlgorithm(self, parameters, context, feedback):
        """Turn parameters to a request while the layers may be touched."""
        self.problem = None
        try:
            self.asked, self.folder = self.request(parameters, context, feedback)
        except QgsProcessingException as error:
            # raised here, its words would be lost: QGIS keeps only those of the work itself
            self.problem = error
        return True

    def processAlgorithm(self, parameters, context, feedback):
        """Let landplan work."""
        if self.problem is not None:
            raise self.problem
        asked = {"tool": self.TOOL, "language": language(), **self.asked}
        try:
            result = ask(asked, self.folder, feedback)
        except Cancelled:
            feedback.pushInfo(say("stopped"))
            return {}
        except ChildError as error:
            raise QgsProcessingException(str(error)) from None
        return self.outputs(parameters, context, result)

    def layer_file(self, parameters, name, context, feedback):
        """Return a layer as landplan reads it: its own file where that will do, else a copy of what is seen.

        A selection, a filter, a layer in memory or in a database is copied to a GeoPackage.
        """
        given = parameters.get(name)
        if isinstance(given, QgsProcessingFeatureSourceDefinition):
            source = given.source.valueAsString(context.expressionContext())[0]
            layer = QgsProcessingUtils.mapLayerFromString(source, context)
        else:
            layer = self.parameterAsVectorLayer(parameters, name, context)
        if layer is None:
            if given is None:
                return None
            raise QgsProcessingException(say("no_layer", name=str(given)))
        return self.file_of(layer, context, feedback, parameters, name)

    def file_of(self, layer, context, feedback, parameters=None, name=None):
        """Return a layer as its own file, or copied."""
        given = parameters.get(name) if parameters and name else None
        some = isinstance(given, QgsProcessingFeatureSourceDefinition) and given.selectedFeaturesOnly
        parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
        path = parts.get("path") or ""
        own = layer.providerType() == "ogr" and os.path.splitext(path)[1].lower() in READ_AS_THEY_ARE and os.path.isfile(path)
        # a CRS that was set by hand in QGIS is not in the file
        as_read = layer.crs() == layer.dataProvider().crs()
        if own and as_read and not some and not layer.subsetString() and not layer.isEditable():
            return {"path": path, "layer": parts.get("layerName") or None, "title": layer.name()}
        return {"path": copied(layer, context, feedback, selected=bool(some)), "layer": None, "title": layer.name()}

    def target(self, parameters, context, name="OUTPUT"):
        """Return the file an output goes to, and its folder."""
        path = self.parameterAsOutputLayer(parameters, name, context)
        return path, os.path.dirname(path)


def copied(layer, context, feedback, *, selected):
    """Return the path of a GeoPackage with what a layer shows, in Processing's own temporary folder.

    Raises
    ------
    QgsProcessingException
        If it cannot be written.
    """
    path = QgsProcessingUtils.generateTempFilename("layer.gpkg")
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = "layer"
    options.onlySelectedFeatures = selected
    options.feedback = feedback
    # a GeoPackage numbers its features itself; a column of that name would be read as its numbers
    options.attributes = [i for i, f in enumerate(layer.fields()) if f.name().lower() not in ("fid", "ogc_fid")]
    error, message = QgsVectorFileWriter.writeAsVectorFormatV3(layer, path, context.transformContext(), options)[:2]
    if error != QgsVectorFileWriter.NoError:
        raise QgsProcessingException(say("no_layer", name=f"{layer.name()} ({message})"))
    return path


def advanced(parameter):
    """Return a parameter that the form folds away."""
    parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.FlagAdvanced)
    return parameter


def open_after(context, path, layer, title):
    """Have QGIS open a layer when the tool is done."""
    source = f"{path}|layername={layer}"
    opened = QgsVectorLayer(source, title, "ogr")
    if opened.isValid():
        context.temporaryLayerStore().addMapLayer(opened)
        details = QgsProcessingContext.LayerDetails(title, context.project(), title)
        context.addLayerToLoadOnCompletion(opened.id(), details)
    return source


LINE, POINT, POLYGON, ANY = (
    QgsProcessing.TypeVectorLine,
    QgsProcessing.TypeVectorPoint,
    QgsProcessing.TypeVectorPolygon,
    QgsProcessing.TypeVectorAnyGeometry,
)
