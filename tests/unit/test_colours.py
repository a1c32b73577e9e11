"""Colours that readers who see fewer of them can tell apart: every legend of the catalogue, and those that a run makes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from landplan.export import legend
from landplan.layers import load_catalog
from landplan.style import RAMPS

# Machado, Oliveira & Fernandes 2009, "A physiologically-based model for simulation of color vision deficiency", severity 1
SEEN = {
    "all": np.eye(3),
    "no red": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "no green": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
}
XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
# about four times what two colours beside each other need; a legend's stand apart from the map
LEAST = 8.0
# the national plan colours are what planners know; their letters stand in the legend and the popups
OFFICIAL = {"detailed_plan"}


def lab(color: str, eyes: str) -> np.ndarray:
    share = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = XYZ @ np.clip(SEEN[eyes] @ linear, 0, 1) / (0.95047, 1.0, 1.08883)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def confused(classes) -> list[str]:
    """Pairs of classes with different colours, of one width, that some readers cannot tell apart."""
    found = []
    for a, b in itertools.combinations(classes, 2):
        if a.color == b.color or a.width_px != b.width_px:
            continue
        for eyes in SEEN:
            apart = float(np.linalg.norm(lab(a.color, eyes) - lab(b.color, eyes)))
            if apart < LEAST:
                found.append(f"{a.label.sv} {a.color} and {b.label.sv} {b.color}: {apart:.1f} for {eyes}")
    return found


def test_the_measure_finds_red_and_green():
    assert np.linalg.norm(lab("#d7191c", "no green") - lab("#5c5c00", "no green")) < np.linalg.norm(lab("#d7191c", "all") - lab("#5c5c00", "all")) / 2
    assert lab("#ffffff", "no red") == pytest.approx([100, 0, 0], abs=0.6)


@pytest.mark.parametrize("name", sorted(set(load_catalog()) - OFFICIAL))
def test_every_legend_can_be_read_without_red_or_green(name):
    assert confused(load_catalog()[name].style.classes) == []


@pytest.mark.parametrize("name", sorted(RAMPS))
def test_ramps_go_one_way_in_lightness_for_all_eyes(name):
    for eyes in SEEN:
        light = np.array([lab(c, eyes)[0] for c in legend.ramp_colors(RAMPS[name], 9)])
        steps = np.diff(light)
        # a ramp of two arms has its lightest in the middle
        assert (steps > 0).all() or (steps < 0).all() or ((steps[:4] > 0).all() and (steps[4:] < 0).all()), (name, eyes)
