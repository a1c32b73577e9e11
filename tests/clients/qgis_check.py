"""Open a project or GeoPackage in real QGIS and print what it sees as JSON.

Run by the system's Python, which has QGIS; the tests read the JSON and decide. Usage:
``qgis_check.py FILE [--png OUT] [--pdf FOLDER]``.
"""

import argparse
import json
import os
import sqlite3
import sys

for name in ("PROJ_LIB", "PROJ_DATA", "GDAL_DATA", "PYTHONPATH"):
    os.environ.pop(name, None)
os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qgis.core import (  # noqa: E402
    QgsApplication,
    QgsLayoutExporter,
    QgsLayoutItemLabel,
    QgsLayoutItemMap,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize  # noqa: E402
from qgis.PyQt.QtGui import QColor  # noqa: E402


def vector_facts(layer):
    """Renderer, legend, aliases, coded values, labels."""
    renderer = layer.renderer()
    facts = {
        "kind": "vector",
        "count": layer.featureCount(),
        "renderer": renderer.type() if renderer else None,
        "legend": [item.label() for item in renderer.legendSymbolItems()] if renderer else [],
        "aliases": {f.name(): f.alias() for f in layer.fields() if f.alias()},
        "types": {f.name(): f.typeName() for f in layer.fields()},
        "labels": layer.labelsEnabled(),
        "values": {},
    }
    for index, field in enumerate(layer.fields()):
        setup = layer.editorWidgetSetup(index)
        if setup.type() == "ValueMap":
            pairs = setup.config().get("map", [])
            facts["values"][field.name()] = {v: k for pair in pairs for k, v in pair.items()}
    if renderer:
        from qgis.core import QgsRenderContext

        context = QgsRenderContext()
        renderer.startRender(context, layer.fields())
        undrawn = 0
        colors = {}
        for feature in layer.getFeatures():
            symbol = renderer.symbolForFeature(feature, context)
            if symbol is None:
                undrawn += 1
            else:
                colors[symbol.color().name()] = colors.get(symbol.color().name(), 0) + 1
        renderer.stopRender(context)
        facts["undrawn"] = undrawn
        facts["colors"] = colors
    return facts


def raster_facts(layer):
    """Renderer and legend entries."""
    renderer = layer.renderer()
    facts = {
        "kind": "raster",
        "renderer": renderer.type(),
        "size": [layer.width(), layer.height()],
        "nodata": layer.dataProvider().sourceHasNoDataValue(1),
        "legend": [],
    }
    if renderer.type() == "paletted":
        facts["legend"] = [c.label for c in renderer.classes()]
    elif renderer.type() == "singlebandpseudocolor":
        facts["legend"] = [i.label for i in renderer.shader().rasterShaderFunction().colorRampItemList()]
    return facts


def layer_facts(layer):
    """What every layer has, and what its kind adds."""
    facts = {"valid": layer.isValid(), "crs": layer.crs().authid(), "name": layer.name(), "source": layer.source()}
    if layer.isValid():
        facts.update(vector_facts(layer) if isinstance(layer, QgsVectorLayer) else raster_facts(layer))
    return facts


def tree(node):
    """Groups with their children, layers by name."""
    found = []
    for child in node.children():
        if hasattr(child, "layerId"):
            found.append(child.name())
        else:
            found.append({child.name(): tree(child)})
    return found


def render(layers, extent, crs, path):
    """Draw the layers and count the colours of the picture."""
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setOutputSize(QSize(900, 700))
    settings.setDestinationCrs(crs)
    settings.setExtent(extent)
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    image.save(path)
    seen = {image.pixelColor(x, y).name() for x in range(0, 900, 5) for y in range(0, 700, 5)}
    return len(seen)


def open_geopackage(path):
    """Load each layer as a user would, so that its stored style applies."""
    with sqlite3.connect(path) as db:
        names = [r[0] for r in db.execute("SELECT table_name FROM gpkg_contents WHERE data_type = 'features'")]
    return [QgsVectorLayer(f"{path}|layername={name}", name, "ogr") for name in names]


def main():
    """Read the arguments, open the file, print JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--png")
    parser.add_argument("--pdf")
    options = parser.parse_args()
    app = QgsApplication([], False)
    app.initQgis()
    project = QgsProject.instance()
    report = {"file": options.file}
    if options.file.endswith((".qgz", ".qgs")):
        report["read"] = project.read(options.file)
        layers = list(project.mapLayers().values())
        ordered = project.layerTreeRoot().layerOrder()
        visible = [n.layer() for n in project.layerTreeRoot().findLayers() if n.isVisible()]
        drawn = [layer for layer in ordered if layer in visible]
        report["title"] = project.title()
        report["crs"] = project.crs().authid()
        report["tree"] = tree(project.layerTreeRoot())
        report["themes"] = project.mapThemeCollection().mapThemes()
        report["order"] = [layer.name() for layer in ordered]
        extent = project.viewSettings().defaultViewExtent()
        report["extent"] = [extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum()]
        report["layouts"] = {}
        for layout in project.layoutManager().printLayouts():
            labels = [i.text() for i in layout.items() if isinstance(i, QgsLayoutItemLabel)]
            maps = [[m.name() for m in i.layers()] for i in layout.items() if isinstance(i, QgsLayoutItemMap)]
            facts = {"labels": labels, "maps": maps}
            if options.pdf:
                out = os.path.join(options.pdf, f"{len(report['layouts'])}.pdf")
                code = QgsLayoutExporter(layout).exportToPdf(out, QgsLayoutExporter.PdfExportSettings())
                facts["pdf"] = out if code == QgsLayoutExporter.Success else None
            report["layouts"][layout.name()] = facts
        crs = project.crs()
    elif options.file.endswith(".tif"):
        layers = drawn = [QgsRasterLayer(options.file, os.path.basename(options.file))]
        extent, crs = layers[0].extent(), layers[0].crs()
    else:
        layers = drawn = open_geopackage(options.file)
        extent, crs = layers[0].extent(), layers[0].crs()
        for layer in layers:
            if not layer.extent().isNull():
                extent.combineExtentWith(layer.extent())
    report["layers"] = {layer.id() if "qgz" in options.file else layer.name(): layer_facts(layer) for layer in layers}
    if options.png:
        report["colours_seen"] = render(drawn, extent, crs, options.png)
    print(json.dumps(report, ensure_ascii=False), flush=True)
    # QGIS falls over its own layers when it is taken down with some still open
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
