/* The map of an offline page: unpacks the layers, draws them in a fixed order, follows the checkboxes,
   answers clicks. Attribute values become text nodes; nothing from a layer is ever parsed as HTML. */
(function () {
  "use strict";
  var map = map_landplan;
  var config = JSON.parse(document.getElementById("config").textContent);
  var words = config.words;
  var status = document.getElementById("status");
  var layers = {};
  var labelled = [];
  var sitePlaces = {};
  /* what the tools' scripts share; `tool` is the one that has the map's clicks, if any */
  var shared = window.landplan = { map: map, config: config, layers: layers, ready: null, tool: null, widened: false };

  function element(tag, text, className) {
    var node = document.createElement(tag);
    if (text !== undefined && text !== null) { node.textContent = text; }
    if (className) { node.className = className; }
    return node;
  }

  function fill(text, values) {
    return text.replace(/\{(\w+)\}/g, function (_, name) { return values[name]; });
  }

  /* ---------- numbers, as the library writes them ---------- */
  function number(value, column) {
    var swedish = config.language === "sv";
    var parts = Math.abs(value).toFixed(column.decimals).split(".");
    if (column.grouped) { parts[0] = parts[0].replace(/\B(?=(\d{3})+$)/g, swedish ? "\u00a0" : ","); }
    var text = parts.join(swedish ? "," : ".");
    return (value < 0 && /[1-9]/.test(text) ? (swedish ? "\u2212" : "-") : "") + text;
  }

  /* ---------- unpacking ---------- */
  function unpack(key) {
    var text = document.getElementById("data-" + key).textContent;
    if (!text) { return Promise.resolve(null); }
    var bytes = Uint8Array.from(atob(text), function (c) { return c.charCodeAt(0); });
    var stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).arrayBuffer().then(function (buffer) {
      var length = new DataView(buffer).getUint32(0, true);
      var header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
      header.bytes = new Uint8Array(buffer, 4 + length);
      Object.keys(header.rows).forEach(function (name) { header.rows[name] = spread(header.rows[name]); });
      return header;
    });
  }

  function spread(column) {
    if (Array.isArray(column)) { return column; }
    return column.at.map(function (i) { return i < 0 ? null : column.words[i]; });
  }

  function integers(bytes, start, count) {
    var found = new Int32Array(count), at = start;
    for (var i = 0; i < count; i++) {
      var value = 0, shift = 0, byte;
      do { byte = bytes[at++]; value |= (byte & 127) << shift; shift += 7; } while (byte & 128);
      found[i] = (value >>> 1) ^ -(value & 1);
    }
    return found;
  }

  function geometries(block, bytes, start, each) {
    var total = block.runs.reduce(function (a, b) { return a + b; }, 0);
    var all = integers(bytes, start, total);
    var runs = [], at = 0;
    block.runs.forEach(function (n) { runs.push(all.subarray(at, at + n)); at += n; });
    var steps = runs.pop(), x = 0, y = 0, step = 0, part = 0, ring = 0;
    function points(n) {
      var list = new Array(n);
      for (var i = 0; i < n; i++) {
        x += steps[step++]; y += steps[step++];
        list[i] = L.latLng(y / config.scale, x / config.scale);
      }
      return list;
    }
    for (var f = 0; f < runs[0].length; f++) {
      var parts = [];
      for (var p = 0; p < runs[0][f]; p++) {
        if (block.kind === "point") { parts.push(points(1)[0]); }
        else if (block.kind === "line") { parts.push(points(runs[1][part++])); }
        else {
          var rings = [];
          for (var r = 0; r < runs[1][part]; r++) { rings.push(points(runs[2][ring++])); }
          part++;
          parts.push(rings);
        }
      }
      each(parts, typeof block.row === "number" ? f : block.row[f]);
    }
  }

  /* ---------- drawing ---------- */
  var Marker = L.CircleMarker.extend({
    _updatePath: function () {
      if (this.options.marker === "circle" || !this._renderer._ctx) { return L.CircleMarker.prototype._updatePath.call(this); }
      var r = this._renderer, ctx = r._ctx, p = this._point, s = Math.max(this._radius, 2);
      if (!r._drawing || this._empty()) { return; }
      ctx.beginPath();
      shape(ctx, this.options.marker, p.x, p.y, s);
      r._fillStroke(ctx, this);
    }
  });

  function shape(ctx, marker, x, y, s) {
    var corners = {
      square: [[-1, -1], [1, -1], [1, 1], [-1, 1]],
      triangle: [[0, -1.1], [1.1, 0.9], [-1.1, 0.9]],
      diamond: [[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]],
      cross: [[-0.3, -1.1], [0.3, -1.1], [0.3, -0.3], [1.1, -0.3], [1.1, 0.3], [0.3, 0.3], [0.3, 1.1],
        [-0.3, 1.1], [-0.3, 0.3], [-1.1, 0.3], [-1.1, -0.3], [-0.3, -0.3]],
      star: Array.from({ length: 10 }, function (_, i) {
        var a = i * Math.PI / 5 - Math.PI / 2, r = i % 2 ? 0.55 : 1.35;
        return [r * Math.cos(a), r * Math.sin(a)];
      })
    }[marker] || [[-1, -1], [1, -1], [1, 1], [-1, 1]];
    corners.forEach(function (c, i) { ctx[i ? "lineTo" : "moveTo"](x + s * c[0], y + s * c[1]); });
    ctx.closePath();
  }

  function options(layer, index) {
    var style = layer.style, cls = index >= 0 ? layer.classes[index] : null;
    var color = cls ? cls.color : style.color;
    var width = cls && cls.width ? cls.width : null;
    var base = { renderer: layer.renderer, pane: layer.pane, interactive: false, dashArray: style.dash ? "5 4" : null };
    if (layer.kind === "line") {
      return Object.assign(base, { color: color, weight: width || style.width, opacity: style.opacity, fill: false, smoothFactor: 1.2 });
    }
    return Object.assign(base, {
      color: style.stroke, weight: style.width, stroke: style.width > 0, opacity: 1, fill: style.opacity > 0,
      fillColor: color, fillOpacity: style.opacity, smoothFactor: 0.8,
      radius: (width || style.size) / 2, marker: style.marker
    });
  }

  function build(layer, header) {
    var features = [], start = 0;
    layer.header = header;
    header.blocks.forEach(function (block) {
      geometries(block, header.bytes, start, function (parts, row) {
        var opts = options(layer, header.rows["class"] ? header.rows["class"][row] : -1);
        var made;
        if (block.kind === "polygon") { made = [L.polygon(parts.length === 1 ? parts[0] : parts, opts)]; }
        else if (block.kind === "line") {
          made = [L.polyline(parts.length === 1 ? parts[0] : parts, Object.assign({}, opts, layer.kind === "line" ? {} : { fill: false }))];
        } else { made = parts.map(function (p) { return new Marker(p, opts); }); }
        made.forEach(function (m) { m.row = row; features.push(m); });
        var site = header.rows.site && header.rows.site[row];
        if (site) { (sitePlaces[site] = sitePlaces[site] || []).push({ kind: block.kind, parts: parts }); }
      });
      start += block.bytes;
    });
    header.bytes = null;
    layer.features = features;
    layer.group = L.layerGroup(features);
    if (header.rows.label) { labelled.push(layer); }
  }

  function pane(name, z) {
    var made = map.createPane(name);
    made.style.zIndex = 400 + z;
    made.style.pointerEvents = "none";
    return name;
  }

  function prepare() {
    config.rasters.forEach(function (raster) {
      pane("p-" + raster.key, raster.z);
      raster.load = function () {
        if (!raster.group) {
          var url = "data:image/png;base64," + document.getElementById("data-" + raster.key).textContent;
          raster.group = L.imageOverlay(url, raster.bounds, {
            pane: "p-" + raster.key, opacity: raster.opacity, className: raster.crisp ? "crisp" : "", alt: raster.title
          });
        }
        return Promise.resolve(raster);
      };
      layers[raster.key] = raster;
    });
    config.layers.forEach(function (layer) {
      layer.pane = pane("p-" + layer.key, layer.z);
      layer.renderer = L.canvas({ pane: layer.pane, padding: 0.3 });
      layer.load = function () {
        if (!layer.loading) {
          layer.loading = unpack(layer.key).then(function (header) {
            if (header) { build(layer, header); } else { layer.features = []; layer.group = L.layerGroup(); }
            return layer;
          });
        }
        return layer.loading;
      };
      layers[layer.key] = layer;
    });
    pane("p-highlight", 200);
  }

  function toggle(key, on) {
    var layer = layers[key];
    layer.on = on;
    var box = document.querySelector('input[data-layer="' + key + '"]').closest(".layer");
    box.classList.toggle("on", on);
    var entries = box.querySelector(".entries");
    if (entries) { entries.hidden = !on; }
    if (!on) {
      if (layer.group) { layer.group.remove(); }
      labels.redraw();
      return Promise.resolve();
    }
    return layer.load().then(function () {
      if (layer.on) { layer.group.addTo(map); }
      labels.redraw();
    }).catch(function (error) {
      status.textContent = words.load_failed + ": " + layer.title;
      console.warn(error);
    });
  }

  /* ---------- labels: one canvas, larger first, none over another ---------- */
  var labels = {
    canvas: element("canvas", null, "labels"),
    redraw: function () { cancelAnimationFrame(labels.frame); labels.frame = requestAnimationFrame(labels.draw); },
    draw: function (sharper) {
      var size = map.getSize(), ratio = sharper === 2 ? 2 : window.devicePixelRatio || 1, canvas = labels.canvas;
      L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
      canvas.width = size.x * ratio; canvas.height = size.y * ratio;
      canvas.style.width = size.x + "px"; canvas.style.height = size.y + "px";
      canvas.style.visibility = "visible";
      var ctx = canvas.getContext("2d"), taken = [];
      ctx.scale(ratio, ratio);
      ctx.lineJoin = "round"; ctx.textBaseline = "middle";
      pins.draw(ctx, taken);
      labelled.slice().sort(function (a, b) { return b.z - a.z; }).forEach(function (layer) {
        if (layer.on) { labels.layer(ctx, layer, size, taken); }
      });
      ctx.letterSpacing = "0px";
    },
    layer: function (ctx, layer, size, taken) {
      var header = layer.header, names = header.rows.label, rank = header.label_rank;
      var order = names.map(function (_, i) { return i; });
      var most = 1;
      if (rank) { order.sort(function (a, b) { return rank[b] - rank[a]; }); most = Math.max(1, rank[order[0]]); }
      var offset = layer.kind === "point" ? layer.style.size / 2 + 4 : 0;
      for (var k = 0; k < order.length && taken.length < 160; k++) {
        var i = order[k];
        if (!names[i]) { continue; }
        var at = header.label_at[i], p = map.latLngToContainerPoint([at[1], at[0]]);
        if (p.x < -60 || p.y < -10 || p.x > size.x + 60 || p.y > size.y + 10) { continue; }
        var px = layer.base ? (rank ? 11 + 3.5 * Math.sqrt(rank[i] / most) : 11.5) : 12.5;
        var quiet = layer.base && layer.kind === "polygon";  /* a municipality's name lies under the places' */
        ctx.letterSpacing = quiet ? "1.2px" : "0px";
        ctx.font = (layer.base ? (px > 12.2 ? "600 " : "500 ") : "650 ") + px + "px system-ui, sans-serif";
        var text = names[i].length > 40 ? names[i].slice(0, 39) + "…" : names[i];
        var w = ctx.measureText(text).width, h = px + 3;
        var spots = layer.kind === "point"
          ? [[p.x + offset, p.y - h / 2], [p.x - offset - w, p.y - h / 2], [p.x - w / 2, p.y - offset - h], [p.x - w / 2, p.y + offset]]
          : [[p.x - w / 2, p.y - h / 2], [p.x + 15, p.y - h / 2], [p.x - w / 2, p.y + 13], [p.x - w / 2, p.y - h - 13], [p.x - w - 15, p.y - h / 2]];
        for (var s = 0; s < spots.length; s++) {
          var box = [spots[s][0] - 2, spots[s][1], spots[s][0] + w + 2, spots[s][1] + h];
          if (!taken.some(function (t) { return box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1]; })) {
            taken.push(box);
            ctx.strokeStyle = "rgba(255,255,255,0.88)"; ctx.lineWidth = 3.2;
            ctx.strokeText(text, spots[s][0], spots[s][1] + h / 2);
            ctx.fillStyle = quiet ? "#6a7681" : layer.base ? "#39444f" : "#14202b";
            ctx.fillText(text, spots[s][0], spots[s][1] + h / 2);
            break;
          }
        }
      }
    }
  };

  /* ---------- a numbered pin a ranked site: 80 ha is a dot on a map of four municipalities ---------- */
  var pins = {
    all: [],
    prepare: function () {
      var ids = Object.keys(config.sites), most = ids.filter(function (s) { return config.sites[s].pin; }).length;
      pins.all = ids.filter(function (s) { return config.sites[s].at.length; })
        .map(function (s) {
          var site = config.sites[s], rank = site.now || site.rank;
          return { site: s, rank: rank, at: site.at, r: rank <= 3 ? 12 : 9.5 };
        })
        .sort(function (a, b) { return a.rank - b.rank; })
        /* own weights may bring a site up that had no pin */
        .slice(0, most);
    },
    /* neighbours step aside for the better ranked until none covers another */
    place: function () {
      pins.all.forEach(function (pin, i) {
        var p = map.latLngToContainerPoint(pin.at);
        pin.x = p.x; pin.y = p.y; pin.x0 = p.x; pin.y0 = p.y;
        for (var step = 0; step < 12; step++) {
          var near = pins.all.slice(0, i).find(function (q) { return Math.hypot(pin.x - q.x, pin.y - q.y) < pin.r + q.r; });
          if (!near) { break; }
          var dx = pin.x - near.x, dy = pin.y - near.y, d = Math.hypot(dx, dy);
          if (d < 0.5) { dx = Math.cos(2.4 * i); dy = Math.sin(2.4 * i); d = 1; }
          pin.x = near.x + dx / d * (pin.r + near.r + 0.5);
          pin.y = near.y + dy / d * (pin.r + near.r + 0.5);
        }
      });
    },
    draw: function (ctx, taken) {
      pins.place();
      ctx.textAlign = "center";
      pins.all.slice().reverse().forEach(function (pin) {
        if (Math.hypot(pin.x - pin.x0, pin.y - pin.y0) > 3) {
          ctx.beginPath(); ctx.moveTo(pin.x, pin.y); ctx.lineTo(pin.x0, pin.y0);
          ctx.lineWidth = 1.6; ctx.strokeStyle = "#14202b"; ctx.stroke();
        }
        ctx.beginPath(); ctx.arc(pin.x, pin.y, pin.r, 0, 2 * Math.PI);
        ctx.fillStyle = pin.r > 10 ? "#0b5578" : "#566673"; ctx.fill();
        ctx.lineWidth = 2; ctx.strokeStyle = "#fff"; ctx.stroke();
        ctx.fillStyle = "#fff"; ctx.font = "650 " + (pin.r > 10 ? 13 : 11) + "px system-ui, sans-serif";
        ctx.fillText(pin.rank, pin.x, pin.y + 0.5);
        taken.push([pin.x - pin.r, pin.y - pin.r, pin.x + pin.r, pin.y + pin.r]);
      });
      ctx.textAlign = "left";
    },
    at: function (point) {
      var hit = pins.all.find(function (pin) { return Math.hypot(pin.x - point.x, pin.y - point.y) <= pin.r + 2; });
      return hit ? hit.site : null;
    }
  };

  /* ---------- clicks: our own search, because stacked canvases hide each other's features ---------- */
  function hits(point) {
    var found = [];
    /* what is asked for first: results, then the base map, and outlines that hold everything last */
    function order(layer) {
      return (layer.base ? 0 : 1000) + (layer.kind === "polygon" && !layer.style.opacity ? -5000 : 0) + layer.z;
    }
    config.layers.slice().sort(function (a, b) { return order(b) - order(a); }).forEach(function (layer) {
      if (!layer.on || !layer.features || !layer.header || (!layer.columns.length && !layer.header.rows.label)) { return; }
      for (var i = layer.features.length - 1; i >= 0; i--) {
        var f = layer.features[i];
        if (f._pxBounds && !f._pxBounds.contains(point)) { continue; }
        if (f._map && f._containsPoint(point)) { found.push({ layer: layer, row: f.row }); }
      }
    });
    return found;
  }

  function popup(found, at, where) {
    var hit = found[at], layer = hit.layer, rows = layer.header.rows, box = element("div", null, "popup");
    var title = rows.label && rows.label[hit.row];
    box.appendChild(element("h3", title || layer.title));
    box.appendChild(element("p", (title ? layer.title : "") + (found.length > 1 ? (title ? " · " : "") +
      fill(words.feature_of, { n: at + 1, total: found.length }) : ""), "of"));
    var table = element("table"), body = element("tbody");
    layer.columns.forEach(function (column, i) {
      var value = rows["c" + i][hit.row];
      if (value === null || (title && value === title)) { return; }
      var text = typeof value === "number" ? number(value, column) + (column.unit ? "\u00a0" + column.unit : "") : String(value);
      var line = element("tr"), head = element("th", column.title);
      head.scope = "row";
      line.appendChild(head);
      line.appendChild(element("td", text));
      body.appendChild(line);
    });
    table.appendChild(body);
    box.appendChild(table);
    var site = rows.site && rows.site[hit.row];
    if (site && config.sites[site]) {
      var open = element("button", words.score_card);
      open.type = "button";
      open.addEventListener("click", function () { openCard(site, true); });
      box.appendChild(open);
    }
    if (found.length > 1) {
      var next = element("button", words.next_feature);
      next.type = "button";
      next.addEventListener("click", function () { popup(found, (at + 1) % found.length, where); });
      box.appendChild(next);
    }
    L.popup({ maxWidth: 320, minWidth: 180, autoPanPadding: [12, 12] }).setLatLng(where).setContent(box).openOn(map);
    var close = document.querySelector(".leaflet-popup-close-button");
    if (close) { close.setAttribute("aria-label", words.close); close.title = words.close; }
  }

  function clicked(event) {
    if (shared.tool) { return; }
    var pinned = pins.at(event.containerPoint);
    if (pinned) { map.closePopup(); openCard(pinned, true); return; }
    var found = hits(event.layerPoint);
    if (!found.length) { return; }
    popup(found, 0, event.latlng);
    var site = found[0].layer.header.rows.site;
    site = site && site[found[0].row];
    if (site && config.sites[site] && !narrow()) { openCard(site, false); }
  }

  /* ---------- score cards ---------- */
  var highlight = null, cameFrom = null;
  function narrow() { return window.matchMedia("(max-width: 860px)").matches; }

  function mark(site) {
    if (highlight) { highlight.remove(); highlight = null; }
    var places = sitePlaces[site];
    if (!places) { return null; }
    highlight = L.featureGroup(places.map(function (p) {
      var style = { pane: "p-highlight", renderer: L.svg({ pane: "p-highlight" }), interactive: false, color: "#111820", weight: 3.5, fill: false };
      if (p.kind === "point") { return L.circleMarker(p.parts[0], Object.assign({ radius: 12 }, style)); }
      return p.kind === "line" ? L.polyline(p.parts, style) : L.polygon(p.parts, style);
    })).addTo(map);
    return highlight.getBounds();
  }

  function openCard(site, move) {
    var entry = config.sites[site];
    if (!entry) { return; }
    closeCard(false);
    document.getElementById("answer").hidden = !narrow();
    document.getElementById("rest").hidden = true;
    var card = document.getElementById("card-" + entry.card);
    card.hidden = false;
    document.dispatchEvent(new CustomEvent("card-opened", { detail: { site: site, card: card } }));
    if (!narrow()) { document.getElementById("panel").scrollTop = 0; }
    document.querySelectorAll("[data-site]").forEach(function (b) {
      if (b.dataset.site === site) { b.setAttribute("aria-current", "true"); } else { b.removeAttribute("aria-current"); }
    });
    var bounds = mark(site);
    if (move) {
      if (bounds && bounds.isValid()) { map.flyToBounds(bounds.pad(1.6), { maxZoom: 13.5, duration: 0.6 }); }
      else if (entry.at.length) { map.flyTo(entry.at, Math.max(map.getZoom(), 12), { duration: 0.6 }); }
      card.querySelector("h2").focus({ preventScroll: narrow() ? false : true });
    }
  }

  function wide(on) {
    if (document.body.classList.toggle("comparing", on) !== shared.widened) { shared.widened = on; map.invalidateSize({ animate: false }); }
  }

  function closeCard(back) {
    wide(false);
    document.querySelectorAll(".card").forEach(function (c) { c.hidden = true; });
    document.getElementById("answer").hidden = false;
    document.getElementById("rest").hidden = false;
    if (highlight) { highlight.remove(); highlight = null; }
    if (back && cameFrom) { cameFrom.focus(); cameFrom = null; }
  }

  /* ---------- controls ---------- */
  function controls() {
    L.control.zoom({ position: "topleft", zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out }).addTo(map);
    var Home = L.Control.extend({
      onAdd: function () {
        var box = element("div", null, "leaflet-bar leaflet-control leaflet-control-zoom"), link = element("a");
        link.href = "#"; link.role = "button"; link.title = words.whole_area; link.setAttribute("aria-label", words.whole_area);
        var svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
        svg.setAttribute("width", "16"); svg.setAttribute("height", "16"); svg.setAttribute("viewBox", "0 0 16 16"); svg.setAttribute("aria-hidden", "true");
        var path = document.createElementNS("http://www.w3.org/2000/svg", "path");
        path.setAttribute("d", "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4");
        path.setAttribute("fill", "none"); path.setAttribute("stroke", "currentColor"); path.setAttribute("stroke-width", "1.8");
        svg.appendChild(path); link.appendChild(svg); box.appendChild(link);
        L.DomEvent.disableClickPropagation(box);
        link.addEventListener("click", function (e) { e.preventDefault(); home(true); });
        return box;
      }
    });
    new Home({ position: "topleft" }).addTo(map);
    L.control.scale({ imperial: false, position: "bottomleft", maxWidth: 140 }).addTo(map);
    var container = map.getContainer();
    container.setAttribute("aria-label", words.map_help);
    container.setAttribute("role", "application");
    document.querySelectorAll("input[data-layer]").forEach(function (box) {
      box.addEventListener("change", function () { toggle(box.dataset.layer, box.checked); });
    });
    document.querySelectorAll("button[data-site]").forEach(function (button) {
      button.addEventListener("click", function () { cameFrom = button; openCard(button.dataset.site, true); });
    });
    document.querySelectorAll(".back").forEach(function (b) { b.addEventListener("click", function () { closeCard(true); }); });
    document.addEventListener("keydown", function (e) {
      if (e.key === "Escape" && !shared.tool && document.querySelector(".card:not([hidden])")) { closeCard(true); }
    });
    var fold = document.getElementById("fold");
    fold.addEventListener("click", function () {
      var open = fold.getAttribute("aria-expanded") === "true";
      fold.setAttribute("aria-expanded", String(!open));
      document.getElementById("layers").hidden = open;
    });
    map.on("click", clicked);
    map.on("mousemove", function (e) { container.style.cursor = shared.tool ? "crosshair" : pins.at(e.containerPoint) ? "pointer" : ""; });
    map.on("moveend zoomend resize viewreset", labels.redraw);
    map.on("zoomstart", function () { labels.canvas.style.visibility = "hidden"; });
    window.addEventListener("beforeprint", function () { paper(true); });
    window.addEventListener("afterprint", function () { paper(false); });
  }

  /* On paper the map is one opaque picture, made before the print's own copy of the page is taken: a browser
     that prints a stack of clear canvases writes white where the upper ones are empty. */
  var picture = null;
  function paper(on) {
    var seen = map.getBounds(), retina = L.Browser.retina;
    if (seen.contains(config.bounds)) { seen = L.latLngBounds(config.bounds); }
    document.body.classList.toggle("printing", on);
    L.Browser.retina = on || retina;
    map.invalidateSize({ animate: false });
    map.fitBounds(seen, { animate: false });
    if (picture) { picture.remove(); picture = null; }
    if (on) {
      config.layers.forEach(function (layer) {
        if (layer.on && layer.renderer._ctx) { layer.renderer._redrawBounds = null; layer.renderer._redraw(); }
      });
      labels.draw(2);
      picture = photograph();
      map.getContainer().appendChild(picture);
    }
    L.Browser.retina = retina;
  }

  function photograph() {
    var size = map.getSize(), canvas = element("canvas", null, "picture"), ctx = canvas.getContext("2d", { alpha: false });
    canvas.width = 2 * size.x; canvas.height = 2 * size.y;
    ctx.scale(2, 2);
    ctx.fillStyle = "#e9edef";
    ctx.fillRect(0, 0, size.x, size.y);
    config.rasters.concat(config.layers).filter(function (x) { return x.on && x.group; })
      .sort(function (a, b) { return a.z - b.z; }).forEach(function (x) {
        if (x.renderer) {
          var c = x.renderer._container;
          if (!c || !c.width) { return; }
          var p = map.layerPointToContainerPoint(L.DomUtil.getPosition(c));
          ctx.drawImage(c, p.x, p.y, parseFloat(c.style.width), parseFloat(c.style.height));
        } else {
          var box = x.group.getBounds(), a = map.latLngToContainerPoint(box.getNorthWest()), b = map.latLngToContainerPoint(box.getSouthEast());
          ctx.globalAlpha = x.opacity;
          ctx.imageSmoothingEnabled = !x.crisp;
          ctx.drawImage(x.group.getElement(), a.x, a.y, b.x - a.x, b.y - a.y);
          ctx.globalAlpha = 1;
        }
      });
    ctx.drawImage(labels.canvas, 0, 0, size.x, size.y);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", words.map);
    return canvas;
  }

  function home(animate) {
    /* room for the legend, which lies over the map's right side */
    var legend = document.getElementById("legend").getBoundingClientRect(), frame = map.getContainer().getBoundingClientRect();
    var over = !narrow() && frame.width > 800 ? frame.right - legend.left : 0;
    map.fitBounds(config.bounds, { animate: animate, paddingTopLeft: [8, 8], paddingBottomRight: [over * 0.85 + 8, 8] });
  }

  if (typeof DecompressionStream === "undefined") {
    status.textContent = words.old_browser;
    window.landplan.ready = Promise.resolve();
    return;
  }
  prepare();
  map.createPane("labels").style.zIndex = 640;
  map.getPane("labels").style.pointerEvents = "none";
  map.getPane("labels").appendChild(labels.canvas);
  labels.canvas.setAttribute("aria-hidden", "true");
  controls();
  pins.prepare();
  home(false);
  /* the checkbox and the layer together */
  function show(key, on) {
    document.querySelector('input[data-layer="' + key + '"]').checked = on;
    return toggle(key, on);
  }
  Object.assign(shared, {
    toggle: toggle, show: show, openCard: openCard, closeCard: closeCard, hits: hits, number: number, element: element, fill: fill,
    pins: pins, labels: labels, narrow: narrow, home: home, wide: wide,
    layerOf: function (id) { return config.layers.find(function (layer) { return layer.id === id; }); },
    columnOf: function (layer, name) { return layer.columns.findIndex(function (c) { return c.name === name; }); }
  });
  window.landplan.ready = Promise.all([].slice.call(document.querySelectorAll("input[data-layer]")).map(function (box) {
    return toggle(box.dataset.layer, box.checked);
  })).then(function () {
    if (status.textContent && status.textContent.indexOf(words.load_failed) !== 0) { status.textContent = ""; }
    document.documentElement.dataset.ready = "yes";
  });
})();
