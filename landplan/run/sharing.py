"""How freely a run's results may go: no more freely than the strictest layer whose features they repeat.

A restricted layer never reaches a web map or a sheet, and neither does what repeats it: a ranked site that is one of its
areas, squares with its persons, a raster in which its outline can be seen. Sums over a municipality may be shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from landplan.export.items import RasterItem, SiteCard, TableItem, VectorItem
from landplan.layers import Layer
from landplan.layers.catalog import SHARING
from landplan.plan import Plan
from landplan.run.wording import say
from landplan.style import Text

if TYPE_CHECKING:
    from landplan.run.runner import Done

__all__ = ["RESTRICTED", "Withheld", "strictest"]

RESTRICTED = "restricted"


def strictest(layers: Mapping[str, Layer], names: Iterable[str | None]) -> str:
    """Return the strictest sharing of the layers named; open for none.

    Examples
    --------
    >>> strictest({}, ["roads"])
    'open'
    """
    found = [layers[n].source.sharing for n in names if n is not None and n in layers]
    return max(found, key=SHARING.index, default="open")


class Withheld:
    """What of a run may not be shown, and the run's items marked so.

    Parameters
    ----------
    plan : Plan
    done : Done
        The steps' values.

    Attributes
    ----------
    sites : dict of str to frozenset of str
        By block: ids of ranked sites that are areas of a restricted layer.
    """

    def __init__(self, plan: Plan, done: Done) -> None:
        layers = done.layers.layers
        self._plan, self._layers = plan, layers
        self.sites: dict[str, frozenset[str]] = {}
        self._names: dict[str, frozenset[str]] = {}
        self._first: dict[str, str] = {}
        for block, result in done.blocks.items():
            ranked = done.housing[block].sites if block in done.housing else result.sites
            hidden = ranked.iloc[:0]
            if len(ranked) and strictest(layers, [self.named_layer(block)]) == RESTRICTED:
                hidden = ranked[ranked["kind"] == "named"] if "kind" in ranked and block not in done.housing else ranked
            self.sites[block] = frozenset(hidden["site_id"].astype(str)) if len(hidden) else frozenset()
            self._names[block] = frozenset(hidden["name"].astype(str)) if len(hidden) else frozenset()
            self._first[block] = str(ranked.iloc[0]["site_id"]) if len(ranked) else ""

    def named_layer(self, block: str) -> str:
        """Return the layer whose areas a block ranks besides those it finds."""
        ranking = self._plan.suitability[block].ranking
        return ranking.layer if ranking else "industrial_land"

    def used(self, block: str) -> tuple[str, ...]:
        """Return the layers that a block's score and obstacles are read from."""
        spec = self._plan.suitability[block]
        # how many live within reach of a cell is a sum: it shows nobody's square
        names = [n for c in spec.criteria if c.source != "labour" for n in c.layers] + [n for k in spec.constraints for n in k.layers]
        return tuple(dict.fromkeys(n for n in names if n))

    def obstacles(self, block: str) -> frozenset[str]:
        """Return a block's constraints that rest on a restricted layer."""
        return frozenset(k.name for k in self._plan.suitability[block].constraints if strictest(self._layers, k.layers) == RESTRICTED)

    def criteria(self, block: str) -> frozenset[str]:
        """Return a block's criteria that rest on a restricted layer: the distance to a secret place tells where it is."""
        criteria = (c for c in self._plan.suitability[block].criteria if c.source != "labour")
        return frozenset(c.name for c in criteria if strictest(self._layers, c.layers) == RESTRICTED)

    def first_hidden(self, block: str) -> bool:
        """Return whether the site that ranks first is withheld."""
        return self._first.get(block) in self.sites.get(block, ())

    def cards(self, block: str, cards: Sequence[SiteCard]) -> tuple[SiteCard, ...]:
        """Return the cards that may be shown, without what restricted layers say; ranks stay as they are."""
        weighed, kept_out = self.criteria(block), self.obstacles(block)
        titles = {k.title.text() for k in self._plan.suitability[block].constraints if k.name in kept_out}
        shown = (card for card in cards if card.site_id not in self.sites[block])
        if not weighed and not titles:
            return tuple(shown)
        none = Text("", "")
        return tuple(
            replace(
                card,
                criteria=tuple(replace(c, value=None, shown=none, reason=RESTRICTED) if c.id in weighed else c for c in card.criteria),
                excluded_ha=tuple(e for e in card.excluded_ha if e[0] not in titles),
                weighed_ha=tuple(e for e in card.weighed_ha if e[0] not in titles),
            )
            for card in shown
        )  # fmt: skip

    def vectors(self, items: Iterable[VectorItem]) -> tuple[VectorItem, ...]:
        """Return the vector layers with their sharing; a ranking with withheld sites comes twice, whole and as it may be shown."""
        out: list[VectorItem] = []
        for item in items:
            block = item.id.removesuffix("_ranking")
            if item.id.endswith("_ranking") and block in self.sites:
                out += self._halves(item, block)
            elif item.id.startswith(("catchment_squares", "season_squares", "squares_", "workers_squares")):
                out.append(self._as(item, ["population_grid"]))
            elif item.id == "reached_roads" or item.id in {f"roads_{s.name}" for s in self._plan.scenarios}:
                out.append(self._as(item, ["roads"]))
            elif item.id == "sites":
                # a site that the plan points out itself is the plan's to show
                out.append(self._as(item, [s.layer for s in self._plan.sites.values() if s.lat is None and s.x is None]))
            elif item.id == "stops":
                out.append(self._as(item, ["transit"]))
            else:
                out.append(item)
        return tuple(out)

    def rasters(self, items: Iterable[RasterItem]) -> tuple[RasterItem, ...]:
        """Return the rasters with their sharing: that of the strictest layer they are read from."""
        return tuple(replace(r, sharing=strictest(self._layers, self.used(r.id.partition("_")[2]))) for r in items if r.id.partition("_")[2] in self.sites)

    def tables(self, items: Iterable[TableItem]) -> tuple[TableItem, ...]:
        """Return the tables with their sharing; one with withheld sites comes twice, whole and as it may be shown."""
        out: list[TableItem] = []
        for item in items:
            block = next((b for b in sorted(self.sites, key=len, reverse=True) if item.id.startswith(f"{b}_")), None)
            if block is not None and item.id == f"{block}_ledger_by_site" and self.obstacles(block):
                out.append(replace(item, sharing=RESTRICTED))
            elif block is not None:
                out += self._halves(item, block)
            elif item.id.startswith("minutes_to"):
                out.append(self._as(item, ["localities", "facilities"]))
            elif item.id == "departures":
                out.append(self._as(item, ["transit"]))
            elif item.id.startswith(("locality_reach", "workers_locality")):
                out.append(self._as(item, ["localities"]))
            elif item.id.startswith(("workers_deso", "workers_regso")):
                out.append(self._as(item, ["statistical_areas"]))
            else:
                out.append(item)
        return tuple(out)

    def sentence(self) -> tuple[Text, ...]:
        """Say how many ranked sites are not shown, block by block."""
        return tuple(
            say("u_withheld", title=self._plan.suitability[block].title.text(), count=str(len(ids)), layer=self._layers[self.named_layer(block)].definition.title)
            for block, ids in self.sites.items() if ids
        )  # fmt: skip

    def _as(self, item: Any, names: Iterable[str | None]) -> Any:
        return replace(item, sharing=max(item.sharing, strictest(self._layers, names), key=SHARING.index))

    def _halves(self, item: Any, block: str) -> list[Any]:
        """The whole, restricted, and the rows and columns that may be shown; the item itself where all of it may."""
        frame = item.frame
        rows = frame.index == -1
        for column, hidden in (("site_id", self.sites[block]), ("name", self._names[block]), ("site_name", self._names[block]), ("to", self._names[block])):
            if column in frame and hidden:
                rows |= frame[column].astype(str).isin(hidden).to_numpy()
        columns = [c for c in ("limiting_constraint_title",) if self.obstacles(block) and c in frame]
        if item.id == f"{block}_lost_at" and self.first_hidden(block):
            rows[:] = True
        if not rows.any() and not columns:
            return [item]
        whole = replace(item, id=f"{item.id}_restricted", sharing=RESTRICTED, title=_all(item.title))
        if isinstance(item, VectorItem):
            whole = replace(whole, visible=False)
        if rows.all():
            return [whole]
        shown = frame.loc[~rows].drop(columns=columns).reset_index(drop=True)
        return [whole, replace(item, frame=shown, fields=tuple(f for f in item.fields if f.name not in columns))]


def _all(title: Text) -> Text:
    return Text(f"{title.sv} (alla, begränsad delning)", f"{title.en} (all, sharing restricted)")
