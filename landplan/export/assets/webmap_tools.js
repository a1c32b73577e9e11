/* Search, drawing and measuring. Lengths and areas are those of the ellipsoid GRS 80: Vincenty's inverse formula
   (1975), and the ellipsoid's own area under each side (authalic latitude). */
(function (lp) {
  "use strict";
  var words = lp.config.words, map = lp.map, A = 6378137, F = 1 / 298.257222101, B = A * (1 - F), E = Math.sqrt(F * (2 - F));
  if (!lp.show) { return; }

  function rad(d) { return d * Math.PI / 180; }

  function metres(p, q) {
    var u1 = Math.atan((1 - F) * Math.tan(rad(p.lat))), u2 = Math.atan((1 - F) * Math.tan(rad(q.lat))), l = rad(q.lng - p.lng), lambda = l;
    var s1 = Math.sin(u1), c1 = Math.cos(u1), s2 = Math.sin(u2), c2 = Math.cos(u2), sin, cos, sigma, alpha2, mid;
    for (var i = 0; i < 60; i++) {
      sin = Math.hypot(c2 * Math.sin(lambda), c1 * s2 - s1 * c2 * Math.cos(lambda));
      if (sin === 0) { return 0; }
      cos = s1 * s2 + c1 * c2 * Math.cos(lambda);
      sigma = Math.atan2(sin, cos);
      var alpha = c1 * c2 * Math.sin(lambda) / sin;
      alpha2 = 1 - alpha * alpha;
      mid = alpha2 ? cos - 2 * s1 * s2 / alpha2 : 0;
      var c = F / 16 * alpha2 * (4 + F * (4 - 3 * alpha2)), before = lambda;
      lambda = l + (1 - c) * F * alpha * (sigma + c * sin * (mid + c * cos * (2 * mid * mid - 1)));
      if (Math.abs(lambda - before) < 1e-12) { break; }
    }
    var u = alpha2 * (A * A - B * B) / (B * B);
    var big = 1 + u / 16384 * (4096 + u * (-768 + u * (320 - 175 * u))), small = u / 1024 * (256 + u * (-128 + u * (74 - 47 * u)));
    var off = small * sin * (mid + small / 4 * (cos * (2 * mid * mid - 1) - small / 6 * mid * (4 * sin * sin - 3) * (4 * mid * mid - 3)));
    return B * big * (sigma - off);
  }

  function length(points, closed) {
    var total = 0;
    for (var i = 1; i < points.length; i++) { total += metres(points[i - 1], points[i]); }
    return closed && points.length > 2 ? total + metres(points[points.length - 1], points[0]) : total;
  }

  /* a side as the shortest line, by points of the great circle: on the grid of degrees it would be another line */
  function side(p, q) {
    var ends = [p, q].map(function (c) {
      return [Math.cos(rad(c.lat)) * Math.cos(rad(c.lng)), Math.cos(rad(c.lat)) * Math.sin(rad(c.lng)), Math.sin(rad(c.lat))];
    });
    var between = [p];
    for (var t = 1; t < 32; t++) {
      var v = ends[0].map(function (a, i) { return a + (ends[1][i] - a) * t / 32; });
      between.push({ lat: Math.atan2(v[2], Math.hypot(v[0], v[1])) * 180 / Math.PI, lng: Math.atan2(v[1], v[0]) * 180 / Math.PI });
    }
    return between;
  }

  function area(corners) {
    var points = [].concat.apply([], corners.map(function (p, i) { return side(p, corners[(i + 1) % corners.length]); }));
    function q(lat) {
      var s = Math.sin(rad(lat));
      return (1 - E * E) * (s / (1 - E * E * s * s) + Math.log((1 + E * s) / (1 - E * s)) / (2 * E));
    }
    var total = 0;
    points.forEach(function (p, i) {
      var n = points[(i + 1) % points.length];
      total += rad(n.lng - p.lng) * (q(p.lat) + q(n.lat)) / 2;
    });
    return Math.abs(total) * A * A / 2;
  }

  function shownLength(m) {
    return m < 1000 ? lp.number(m, { decimals: 0 }) + "\u00a0m" : lp.number(m / 1000, { decimals: m < 1e5 ? 2 : 0, grouped: true }) + "\u00a0km";
  }

  function shownArea(m2) {
    var ha = m2 / 1e4;
    return lp.number(ha, { decimals: ha < 10 ? 2 : ha < 1000 ? 1 : 0, grouped: true }) + "\u00a0ha";
  }

  /* ---------- drawing: by pointer, or by the map's own keys and Enter ---------- */
  var pane = map.createPane("p-draw"), renderer;
  pane.style.zIndex = 630;
  pane.style.pointerEvents = "none";
  renderer = L.svg({ pane: "p-draw" });
  var bar = document.getElementById("draw-bar"), said = document.getElementById("draw-said");

  function draw(kind, each, done) {
    if (lp.tool) { lp.tool.end(); }
    var points = [], shape = L.layerGroup().addTo(map), least = { point: 1, line: 2, polygon: 3 }[kind];
    var style = { pane: "p-draw", renderer: renderer, interactive: false, color: "#9c1f5f", weight: 3, dashArray: "6 4", fillColor: "#9c1f5f", fillOpacity: 0.12 };
    map.closePopup();
    map.doubleClickZoom.disable();
    map.getContainer().classList.add("drawing");
    bar.hidden = false;
    said.textContent = words.draw_help;
    function redraw() {
      shape.clearLayers();
      if (points.length > 1) { shape.addLayer(kind === "polygon" ? L.polygon(points, style) : L.polyline(points, Object.assign({}, style, { fill: false }))); }
      points.forEach(function (p) {
        shape.addLayer(L.circleMarker(p, Object.assign({}, style, { radius: 5, dashArray: null, fillOpacity: 1, color: "#fff", weight: 2 })));
      });
      said.textContent = points.length ? each(points) || words.draw_help : words.draw_help;
    }
    function add(latlng) {
      var last = points[points.length - 1];
      if (last && last.equals(latlng)) { return; }
      points.push(latlng);
      redraw();
      if (kind === "point") { finish(); }
    }
    function clicked(e) { add(e.latlng); }
    function pressed(e) {
      if (e.key === "Escape") { end(); }
      else if (e.key === "Enter" && e.target === map.getContainer()) { e.preventDefault(); add(map.getCenter()); }
      else if (e.key === "Backspace" && e.target === map.getContainer()) { e.preventDefault(); points.pop(); redraw(); }
    }
    function finish() {
      if (points.length < least) { return; }
      var last = points.slice(), text = said.textContent;
      end();
      done(last, text);
    }
    function end() {
      map.off("click", clicked);
      map.off("dblclick", finish);
      document.removeEventListener("keydown", pressed);
      map.getContainer().classList.remove("drawing");
      map.doubleClickZoom.enable();
      shape.remove();
      bar.hidden = true;
      lp.tool = null;
    }
    map.on("click", clicked);
    map.on("dblclick", finish);
    document.addEventListener("keydown", pressed);
    map.getContainer().focus({ preventScroll: !lp.narrow() });
    lp.tool = { end: end, finish: finish, add: add };
  }

  document.getElementById("draw-done").addEventListener("click", function () { if (lp.tool) { lp.tool.finish(); } });
  document.getElementById("draw-cancel").addEventListener("click", function () { if (lp.tool) { lp.tool.end(); } });

  function measured(text) {
    var out = document.getElementById("measured");
    out.hidden = false;
    out.textContent = text;
  }

  document.getElementById("measure-line").addEventListener("click", function () {
    document.getElementById("measured").hidden = true;
    draw("line", function (points) { return points.length < 2 ? "" : lp.fill(words.measured_line, { value: shownLength(length(points)) }); },
      function (points, text) { measured(text); });
  });
  document.getElementById("measure-area").addEventListener("click", function () {
    document.getElementById("measured").hidden = true;
    draw("polygon", function (points) {
      return points.length < 3 ? "" : lp.fill(words.measured_area, { value: shownArea(area(points)), around: shownLength(length(points, true)) });
    }, function (points, text) { measured(text); });
  });
  document.getElementById("print-page").addEventListener("click", function () { window.print(); });

  /* ---------- a picture from the network under it all: only when the plan names one, and only when it is asked for ---------- */
  var tiles = document.getElementById("tiles"), sheet = null;
  if (tiles && lp.config.tiles) {
    map.createPane("p-tiles").style.zIndex = 150;
    tiles.addEventListener("change", function () {
      sheet = sheet || L.tileLayer(lp.config.tiles.url, { pane: "p-tiles", maxZoom: 18, opacity: 0.7 });
      document.getElementById("tiles-by").hidden = !tiles.checked;
      if (tiles.checked) { sheet.addTo(map); } else { sheet.remove(); }
    });
  }

  /* ---------- search: ranked sites, and every named thing of the base map ---------- */
  var input = document.getElementById("search"), list = document.getElementById("found"), names = null, active = -1;

  function gather() {
    if (names) { return names; }
    var named = lp.config.layers.filter(function (layer) { return layer.labelled; });
    names = Promise.all(named.map(function (layer) { return layer.load(); })).then(function () {
      var all = Object.keys(lp.config.sites).map(function (id) {
        return { name: lp.config.sites[id].name, site: id, at: lp.config.sites[id].at };
      });
      named.forEach(function (layer) {
        var header = layer.header;
        if (!header || !header.rows.label) { return; }
        header.rows.label.forEach(function (name, i) {
          if (name) { all.push({ name: name, what: layer.title, at: [header.label_at[i][1], header.label_at[i][0]] }); }
        });
      });
      return all;
    });
    return names;
  }

  function plain(text) { return text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, ""); }

  /* as typed first, so that å is not a; then without the marks, for keyboards that have none */
  function matches(all, asked) {
    var wanted = asked.trim().toLowerCase(), bare = plain(wanted);
    function value(entry) {
      var name = entry.name.toLowerCase();
      if (name.indexOf(wanted) === 0) { return 0; }
      if (name.indexOf(wanted) > 0) { return 1; }
      return plain(name).indexOf(bare) >= 0 ? 2 : 3;
    }
    if (!wanted) { return []; }
    return all.map(function (e) { return { e: e, v: value(e) }; }).filter(function (m) { return m.v < 3; })
      .sort(function (a, b) { return a.v - b.v || (a.e.site ? 0 : 1) - (b.e.site ? 0 : 1) || a.e.name.localeCompare(b.e.name, lp.config.language); })
      .slice(0, 12).map(function (m) { return m.e; });
  }

  function go(entry) {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.value = entry.name;
    if (entry.site) { lp.openCard(entry.site, true); } else { map.flyTo(entry.at, Math.max(map.getZoom(), 12), { duration: 0.6 }); }
  }

  function point(to) {
    var options = list.querySelectorAll("[role=option]");
    if (!options.length) { return; }
    active = (to + options.length) % options.length;
    options.forEach(function (o, i) { o.setAttribute("aria-selected", String(i === active)); });
    input.setAttribute("aria-activedescendant", options[active].id);
    options[active].scrollIntoView({ block: "nearest" });
  }

  function typed() {
    return gather().then(function (all) {
      var found = matches(all, input.value);
      list.textContent = "";
      active = -1;
      input.removeAttribute("aria-activedescendant");
      found.forEach(function (entry, i) {
        var option = lp.element("li"), what = entry.site ? lp.fill(words.found_site, { rank: lp.config.sites[entry.site].now || lp.config.sites[entry.site].rank }) : entry.what;
        option.id = "found-" + i;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.appendChild(lp.element("b", entry.name));
        option.appendChild(lp.element("span", what));
        option.addEventListener("mousedown", function (e) { e.preventDefault(); go(entry); });
        option.go = function () { go(entry); };
        list.appendChild(option);
      });
      document.getElementById("search-said").textContent = input.value.trim() && !found.length ? words.nothing_found : "";
      list.hidden = !found.length;
      input.setAttribute("aria-expanded", String(Boolean(found.length)));
      return found;
    });
  }

  input.addEventListener("input", typed);
  input.addEventListener("blur", function () { list.hidden = true; });
  input.addEventListener("keydown", function (e) {
    var options = list.querySelectorAll("[role=option]");
    if (e.key === "ArrowDown") { e.preventDefault(); point(active + 1); }
    else if (e.key === "ArrowUp") { e.preventDefault(); point(active - 1); }
    else if (e.key === "Enter" && options.length) { e.preventDefault(); options[Math.max(0, active)].go(); }
    else if (e.key === "Escape") { list.hidden = true; input.setAttribute("aria-expanded", "false"); }
  });
  Object.assign(lp, { draw: draw, length: length, area: area, find: function (text) { input.value = text; return typed(); } });
})(window.landplan);
