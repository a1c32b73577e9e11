"""The plugin: a provider in the Processing toolbox, nothing else."""

from __future__ import annotations

from qgis.core import QgsApplication

from .provider import LandplanProvider


class LandplanPlugin:
    """What QGIS loads and unloads; the method names are QGIS' own."""

    def __init__(self, iface=None):
        self.iface = iface
        self.provider = None

    def initProcessing(self):
        """Put the tools in the toolbox; all that ``qgis_process`` asks for."""
        self.provider = LandplanProvider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):
        """Start in the desktop."""
        self.initProcessing()

    def unload(self):
        """Take the tools away."""
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None
