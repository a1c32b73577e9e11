"""Open a project or GeoPackage in real QGIS and print what it sees as JSON.

Run by the system's Python, which has QGIS; the tests read the JSON and decide. Usage:
``qgis_check.py FILE [--png OUT] [--pdf FOLDER] [--probe POINTS.json]``. A probe is a layer's id (or ``*`` for all
that is switched on), x and y; its answer is the colour drawn there.
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
    QgsLayoutItemPage,
    QgsLayoutItemPicture,
    QgsMapRendererParallelJob,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
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
        "widgets": {},
        "ranges": {},
        "rules": {},
    }
    for index, field in enumerate(layer.fields()):
        setup = layer.editorWidgetSetup(index)
        facts["widgets"][field.name()] = setup.type()
        if setup.type() == "Range":
            facts["ranges"][field.name()] = [setup.config()["Min"], setup.config()["Max"]]
        if field.constraints().constraintExpression():
            facts["rules"][field.name()] = field.constraints().constraintExpression()
        if setup.type() == "ValueMap":
            pairs = setup.config().get("map", [])
            facts["values"][field.name()] = {v: k for pair in pairs for k, v in pair.items()}
    if renderer:
        from qgis.core import QgsRenderContext

        facts["key"] = [[item.label(), item.symbol().color().name()] for item in renderer.legendSymbolItems() if item.symbol()]
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
        "opacity": renderer.opacity(),
        "key": [],
    }
    if renderer.type() == "paletted":
        facts["key"] = [[c.label, c.color.name(), c.value] for c in renderer.classes()]
    elif renderer.type() == "singlebandpseudocolor":
        items = renderer.shader().rasterShaderFunction().colorRampItemList()
        facts["key"] = [[i.label, i.color.name(), i.value] for i in items]
    facts["legend"] = [entry[0] for entry in facts["key"]]
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


def probe(layers, x, y, crs):
    """Draw a few metres around a point, without labels, and return the colour in the middle.

    At four times the screen's dots a line is wide enough to have a middle that no edge has softened.
    """
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setOutputSize(QSize(41, 41))
    settings.setOutputDpi(384)
    settings.setDestinationCrs(crs)
    settings.setExtent(QgsRectangle(x - 4, y - 4, x + 4, y + 4))
    settings.setBackgroundColor(QColor("white"))
    settings.setFlag(QgsMapSettings.DrawLabeling, False)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    return job.renderedImage().pixelColor(20, 20).name()


def bookmark(mark):
    """Name, group, what is seen and its CRS."""
    box = mark.extent()
    return {"name": mark.name(), "group": mark.group(), "crs": box.crs().authid(),
            "bounds": [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()]}  # fmt: skip


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
    parser.add_argument("--probe")
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
        report["bookmarks"] = [bookmark(b) for b in project.bookmarkManager().bookmarks()]
        report["layouts"] = {}
        for layout in project.layoutManager().printLayouts():
            labels = [i.text() for i in layout.items() if isinstance(i, QgsLayoutItemLabel)]
            maps = [[m.name() for m in i.layers()] for i in layout.items() if isinstance(i, QgsLayoutItemMap)]
            kinds = sorted(type(i).__name__ for i in layout.items() if not isinstance(i, QgsLayoutItemPage))
            facts = {"labels": labels, "maps": maps, "kinds": kinds}
            facts["pictures"] = [i.mode() == QgsLayoutItemPicture.FormatSVG and not i.isMissingImage()
                                 for i in layout.items() if isinstance(i, QgsLayoutItemPicture)]  # fmt: skip
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
    if options.probe:
        with open(options.probe, encoding="utf-8") as points:
            wanted = json.load(points)
        by_id = {layer.id() if "qgz" in options.file else layer.name(): layer for layer in layers}
        report["probes"] = [probe(drawn if id_ == "*" else [by_id[id_]], x, y, crs) for id_, x, y in wanted]
    if options.png:
        report["colours_seen"] = render(drawn, extent, crs, options.png)
    print(json.dumps(report, ensure_ascii=False), flush=True)
    # QGIS falls over its own layers when it is taken down with some still open
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
