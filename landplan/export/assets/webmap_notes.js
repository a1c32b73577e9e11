/* A reviewer's notes: verdicts, comments, points and areas. A draft lives in the browser, a file is what counts.
   Whatever a note says is text; nothing of it is ever parsed as HTML. */
(function (lp) {
  "use strict";
  var words = lp.config.words, config = lp.config, form = document.getElementById("note-form");
  if (!form || !lp.show) { return; }
  var key = "landplan-notes:" + config.name, verdicts = ["accept", "question", "reject"], longest = 4000;
  var own = [], others = [], gone = {}, site = null, place = null, shapes = L.layerGroup();
  var list = document.getElementById("note-list"), status = document.getElementById("note-said");
  var pane = lp.map.createPane("p-notes"), renderer;
  pane.style.zIndex = 625;
  pane.style.pointerEvents = "none";
  renderer = L.svg({ pane: "p-notes" });
  shapes.addTo(lp.map);

  /* another map of the same plan may have written since: what it kept is kept too, what was taken away here stays away */
  function keep() {
    try {
      merge(own, (JSON.parse(localStorage.getItem(key)) || []).map(sound).filter(function (n) { return n && !gone[n.properties.id]; }));
    } catch (error) { /* nothing to read is nothing to lose */ }
    try { localStorage.setItem(key, JSON.stringify(own)); return true; } catch (error) { return false; }
  }

  /* a time that tells no zone is UTC, as `landplan review merge` reads it */
  function moment(time) { return Date.parse(/T[^Zz+-]*$/.test(time) ? time + "Z" : time); }

  function text(value, most) { return typeof value === "string" ? value.slice(0, most) : ""; }

  /* a feature as it may be, made into a note as it must be; anything else is refused */
  function sound(feature) {
    var p = feature && feature.properties;
    if (!p || feature.type !== "Feature" || typeof p.author !== "string" || !p.author.trim()) { return null; }
    if (p.verdict && verdicts.indexOf(p.verdict) < 0) { return null; }
    if (isNaN(moment(p.time)) || !(text(p.text, longest).trim() || p.verdict)) { return null; }
    var geometry = null, g = feature.geometry;
    if (g) {
      var points = g.type === "Point" ? [g.coordinates] : g.type === "LineString" ? g.coordinates : g.type === "Polygon" ? [].concat.apply([], g.coordinates || []) : null;
      if (!points || !points.length || !points.every(function (c) { return Array.isArray(c) && isFinite(c[0]) && isFinite(c[1]) && Math.abs(c[0]) <= 180 && Math.abs(c[1]) <= 90; })) { return null; }
      geometry = { type: g.type, coordinates: g.coordinates };
    }
    return {
      type: "Feature", geometry: geometry,
      properties: {
        id: (typeof p.id === "number" ? String(p.id) : text(p.id, 80)) || [p.author, p.time, p.text, p.site_id, JSON.stringify(feature.geometry)].join("|").slice(0, 400), author: text(p.author, 80), time: text(p.time, 40), text: text(p.text, longest),
        site_id: text(p.site_id, 200), verdict: p.verdict || "", team: text(p.team, 80)
      }
    };
  }

  /* one note an id; of two the later */
  function merge(into, notes) {
    notes.forEach(function (note) {
      var at = into.findIndex(function (n) { return n.properties.id === note.properties.id && n.properties.author === note.properties.author; });
      if (at < 0) { into.push(note); } else if (moment(note.properties.time) >= moment(into[at].properties.time)) { into[at] = note; }
    });
  }

  function when(time) {
    var d = new Date(moment(time));
    return isNaN(d) ? time : d.toLocaleString(config.language === "sv" ? "sv-SE" : "en-GB", { dateStyle: "short", timeStyle: "short" });
  }

  function view(note, mine) {
    var p = note.properties, li = lp.element("li", null, "note " + (p.verdict || "plain"));
    var head = lp.element("p", null, "of");
    if (p.verdict) { head.appendChild(lp.element("b", words["verdict_" + p.verdict])); }
    head.appendChild(lp.element("span", lp.fill(words.note_of, { author: p.author, time: when(p.time) })));
    if (mine) { head.appendChild(lp.element("span", words.note_draft, "pill missing")); }
    li.appendChild(head);
    if (p.site_id) {
      var known = Object.prototype.hasOwnProperty.call(config.sites, p.site_id) ? config.sites[p.site_id] : null, name = known ? known.name : p.site_id;
      if (known) {
        var open = lp.element("button", name, "open");
        open.type = "button";
        open.addEventListener("click", function () { lp.openCard(p.site_id, true); });
        li.appendChild(open);
      } else { li.appendChild(lp.element("p", name)); }
    }
    if (p.text) { li.appendChild(lp.element("p", p.text, "said")); }
    if (mine) {
      var gone = lp.element("button", words.note_delete, "open");
      gone.type = "button";
      gone.addEventListener("click", function () { gone[p.id] = true; own.splice(own.indexOf(note), 1); keep(); redraw(); });
      li.appendChild(gone);
    }
    return li;
  }

  function latlngs(geometry) {
    function turn(c) { return [c[1], c[0]]; }
    return geometry.type === "Point" ? turn(geometry.coordinates) : geometry.type === "LineString" ? geometry.coordinates.map(turn)
      : geometry.coordinates.map(function (ring) { return ring.map(turn); });
  }

  function all() { return others.map(function (n) { return [n, false]; }).concat(own.map(function (n) { return [n, true]; })); }

  function redraw() {
    list.textContent = "";
    all().forEach(function (pair) { list.appendChild(view(pair[0], pair[1])); });
    document.getElementById("no-notes").hidden = own.length + others.length > 0;
    shapes.clearLayers();
    all().forEach(function (pair) {
      var note = pair[0], g = note.geometry;
      if (!g) { return; }
      var style = { pane: "p-notes", renderer: renderer, color: "#9c1f5f", weight: 3, fillColor: "#f3b6d3", fillOpacity: g.type === "Point" ? 1 : 0.25, radius: 8 };
      var made = g.type === "Point" ? L.circleMarker(latlngs(g), style) : g.type === "LineString" ? L.polyline(latlngs(g), Object.assign(style, { fill: false })) : L.polygon(latlngs(g), style);
      made.bindPopup(function () { return view(note, false); }, { maxWidth: 300 });
      shapes.addLayer(made);
    });
    inCard();
  }

  /* what has been said of a site stands on its card */
  function inCard() {
    if (!site) { return; }
    var card = document.getElementById("card-" + config.sites[site].card), box = card.querySelector(".said-of");
    box.textContent = "";
    all().filter(function (pair) { return pair[0].properties.site_id === site; }).forEach(function (pair) { box.appendChild(view(pair[0], pair[1])); });
  }

  function put(where) {
    form.hidden = false;
    form.querySelector("fieldset").hidden = !site;
    where.appendChild(form);
  }

  document.addEventListener("card-opened", function (e) {
    if (!config.sites[e.detail.site]) { return; }
    site = e.detail.site;
    place = null;
    put(e.detail.card.querySelector(".note-place"));
    inCard();
  });

  function drawn(kind) {
    lp.closeCard(false);
    site = null;
    lp.draw(kind, function () { return ""; }, function (points) {
      var ring = points.map(function (p) { return [Math.round(p.lng * 1e6) / 1e6, Math.round(p.lat * 1e6) / 1e6]; });
      place = kind === "point" ? { type: "Point", coordinates: ring[0] } : { type: "Polygon", coordinates: [ring.concat([ring[0]])] };
      document.getElementById("review").open = true;
      put(document.getElementById("note-free"));
      form.querySelector("textarea").focus();
    });
  }

  document.getElementById("note-point").addEventListener("click", function () { drawn("point"); });
  document.getElementById("note-area").addEventListener("click", function () { drawn("polygon"); });

  form.addEventListener("submit", function (e) {
    e.preventDefault();
    var picked = site ? form.querySelector("input[name=verdict]:checked") : null;
    var note = sound({
      type: "Feature", geometry: place,
      properties: {
        id: Date.now().toString(36) + "-" + Math.random().toString(36).slice(2, 10), author: form.elements.author.value.trim(),
        time: new Date().toISOString(), text: form.elements.text.value.trim(), site_id: site || "", verdict: picked ? picked.value : "", team: config.page
      }
    });
    if (!note) { status.textContent = words.note_needs; form.elements.author.focus(); return; }
    own.push(note);
    status.textContent = keep() ? words.note_kept : words.note_lost;
    form.elements.text.value = "";
    if (picked) { picked.checked = false; }
    if (place) { form.hidden = true; place = null; }
    redraw();
  });

  function file() {
    return { type: "FeatureCollection", name: "landplan-notes", landplan: { plan: config.name, version: 1 }, features: own };
  }

  document.getElementById("notes-save").addEventListener("click", function () {
    if (!own.length) { status.textContent = words.notes_none; return; }
    var who = own[own.length - 1].properties.author.replace(/[^\p{L}\p{N}_-]/gu, "") || "x";
    var name = "landplan-notes-" + config.name + "-" + who + ".geojson", link = lp.element("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(file(), null, 1)], { type: "application/geo+json" }));
    link.download = name;
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
    status.textContent = lp.fill(words.notes_saved, { count: own.length, file: name });
  });

  function load(text) {
    var data = null, read;
    try { data = JSON.parse(text); } catch (error) { data = null; }
    try {
      read = data && data.type === "FeatureCollection" && Array.isArray(data.features) && !(data.landplan && data.landplan.plan && data.landplan.plan !== config.name)
        ? data.features.map(sound) : [null];
    } catch (error) { read = [null]; }
    if (read.indexOf(null) >= 0) { status.textContent = words.notes_bad; return 0; }
    var mine = own.map(function (n) { return n.properties.id; });
    merge(own, read.filter(function (n) { return mine.indexOf(n.properties.id) >= 0; }));
    merge(others, read.filter(function (n) { return mine.indexOf(n.properties.id) < 0; }));
    status.textContent = lp.fill(words.notes_read, { count: read.length });
    keep();
    redraw();
    return read.length;
  }

  document.getElementById("notes-load").addEventListener("change", function () {
    var input = this;
    if (!input.files.length) { return; }
    input.files[0].text().then(function (text) { load(text); input.value = ""; });
  });

  try { own = (JSON.parse(localStorage.getItem(key)) || []).map(sound).filter(Boolean); } catch (error) { own = []; }
  merge(others, (config.notes || []).map(sound).filter(Boolean));
  /* a draft that has come back with the run is no draft any more */
  own = own.filter(function (n) { return !others.some(function (o) { return o.properties.id === n.properties.id; }); });
  redraw();
  lp.notes = { load: load, file: file, all: all };
})(window.landplan);
