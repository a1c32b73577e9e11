"""The QGIS plugin of landplan; runs in QGIS' own Python (3.9 or later) and never imports landplan itself."""


def classFactory(iface):
    """Return the plugin; the name is QGIS' own."""
    from .plugin import LandplanPlugin

    return LandplanPlugin(iface)
