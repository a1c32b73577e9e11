"""The provider: landplan's tools and the one setting they need."""

from __future__ import annotations

import os

from processing.core.ProcessingConfig import ProcessingConfig, Setting
from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .algorithms import ALGORITHMS
from .child import SETTING
from .words import say


class LandplanProvider(QgsProcessingProvider):
    """What QGIS lists as "landplan"; the method names are QGIS' own."""

    def id(self):
        """Stand first in the tools' ids."""
        return "landplan"

    def name(self):
        """Stand in the toolbox."""
        return "landplan"

    def longName(self):
        """Stand in the settings."""
        return say("provider")

    def icon(self):
        """Our own icon."""
        return QIcon(os.path.join(os.path.dirname(__file__), "icon.svg"))

    def load(self):
        """Read the setting and list the tools."""
        ProcessingConfig.settingIcons[self.name()] = self.icon()
        ProcessingConfig.addSetting(Setting(self.name(), SETTING, say("setting"), "", valuetype=Setting.STRING))
        ProcessingConfig.readSettings()
        self.refreshAlgorithms()
        return True

    def unload(self):
        """Take the setting away."""
        ProcessingConfig.removeSetting(SETTING)

    def loadAlgorithms(self):
        """List the tools."""
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())

    def defaultVectorFileExtension(self, hasGeometry=True):
        """GeoPackage, which carries style and words."""
        return "gpkg"

    def supportedOutputVectorLayerExtensions(self):
        """No other."""
        return ["gpkg"]

    def supportsNonFileBasedOutput(self):
        """No: we write files."""
        return False
