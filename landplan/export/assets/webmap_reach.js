/* The catchment by the minute, and one case beside another: what the checkboxes alone would not tell. */
(function (lp) {
  "use strict";
  var config = lp.config, words = config.words, slider = document.getElementById("minutes");
  var squares = lp.layerOf && lp.layerOf("catchment_squares"), mode = document.getElementById("minutes-mode");

  function column() { return mode ? mode.value : "minutes"; }

  function sums(limit) {
    var rows = squares.header.rows, minutes = rows["c" + lp.columnOf(squares, column())];
    var found = { population: 0, working: 0, hidden: 0, hidden_working: 0, squares: 0 };
    var people = rows["c" + lp.columnOf(squares, "population")], working = rows["c" + lp.columnOf(squares, "working_age")];
    minutes.forEach(function (m, i) {
      if (m === null || m > limit) { return; }
      found.squares++;
      if (!people || people[i] === null) { found.hidden++; } else { found.population += people[i]; }
      if (working) { if (working[i] === null) { found.hidden_working++; } else { found.working += working[i]; } }
    });
    found.has_working = Boolean(working);
    return found;
  }

  function moved() {
    var limit = Number(slider.value), whole = { decimals: 0, grouped: true };
    document.getElementById("minutes-value").textContent = limit + "\u00a0min";
    slider.setAttribute("aria-valuetext", limit + " min");
    /* bands over the squares would hide what the slider does */
    config.layers.filter(function (layer) { return /^isochrones/.test(layer.id) && layer.on; }).forEach(function (layer) { lp.show(layer.key, false); });
    return lp.show(squares.key, true).then(function () {
      if (!squares.header) { return null; }
      var minutes = squares.header.rows["c" + lp.columnOf(squares, column())], found = sums(limit);
      squares.features.forEach(function (f) {
        var seen = minutes[f.row] !== null && minutes[f.row] <= limit;
        f.options.fill = seen && squares.style.opacity > 0;
        f.options.stroke = seen && squares.style.width > 0;
      });
      if (squares.renderer._ctx) { squares.renderer._redrawBounds = null; squares.renderer._redraw(); }
      var said = lp.fill(found.has_working ? words.minutes_said : words.minutes_people, {
        minutes: limit, population: lp.number(found.population, whole), working: lp.number(found.working, whole)
      });
      if (found.hidden || found.hidden_working) {
        said += " " + lp.fill(found.has_working ? words.minutes_hidden : words.minutes_hidden_people,
          { people: lp.number(found.hidden, whole), working: lp.number(found.hidden_working, whole) });
      }
      document.getElementById("minutes-said").textContent = said;
      return found;
    });
  }

  /* sums over squares of which some were left out for the file's size would be too small */
  if (slider && squares && squares.whole && lp.columnOf(squares, "minutes") >= 0) {
    document.getElementById("minutes-tool").hidden = false;
    slider.addEventListener("input", moved);
    if (mode) { mode.addEventListener("change", moved); }
    lp.minutes = function (limit, by) { slider.value = limit; if (by && mode) { mode.value = by; } return moved(); };
  }

  /* a case is a set of layers; the others' are put away */
  document.querySelectorAll("input[name=variant]").forEach(function (radio) {
    radio.addEventListener("change", function () {
      var keys = {};
      document.querySelectorAll("input[name=variant]").forEach(function (r) {
        r.dataset.layers.split(" ").forEach(function (key) { keys[key] = keys[key] || (r === radio); });
      });
      Object.keys(keys).forEach(function (key) { lp.show(key, keys[key]); });
    });
  });
})(window.landplan);
