/* Other weights: the sites ranked anew in the browser by the library's own arithmetic. A site's score is kept in
   parts, one for each part of its land on which the same criteria are known; see suitability.reweighing. */
(function (lp) {
  "use strict";
  var ranking = lp.config.ranking, sites = lp.config.sites, words = lp.config.words;
  var box = document.getElementById("weights");
  if (!box || !ranking || !lp.show) { return; }
  var planned = ranking.criteria.map(function (c) { return c.weight; });
  var inputs = [];

  function reweighed(parts, weights) {
    var total = 0, shares = 0;
    parts.forEach(function (part) {
      var above = 0, below = 0;
      part[1].forEach(function (mean, k) {
        if (mean !== null && weights[k] > 0) { above += weights[k] * mean; below += weights[k]; }
      });
      if (below > 0) { total += part[0] * above / below; shares += part[0]; }
    });
    return shares > 0 ? total / shares : NaN;
  }

  /* large enough first, then by score (what rounding alone tells apart is equal), then by the site's id; what has no score comes last */
  function order(weights) {
    return Object.keys(sites).map(function (id) {
      var score = reweighed(sites[id].parts, weights);
      return { id: id, score: score, large: sites[id].large, key: Math.round(score * 1e6) / 1e6 };
    }).sort(function (a, b) {
      if (a.large !== b.large) { return a.large ? -1 : 1; }
      if (isNaN(a.key) !== isNaN(b.key)) { return isNaN(a.key) ? 1 : -1; }
      return b.key - a.key || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
    });
  }

  function points(score) { return isNaN(score) ? words.no_score : lp.number(100 * score, { decimals: 0 }); }

  function show(found, own) {
    var list = document.querySelector("ol.list"), rows = {}, top = document.querySelector("ol.top"), said = {};
    list.querySelectorAll(":scope > li").forEach(function (li) { rows[li.dataset.of] = li; });
    found.forEach(function (f, i) {
      var entry = sites[f.id], li = rows[f.id];
      entry.now = i + 1;
      said[f.id] = own ? lp.fill(words.weights_now, { rank: i + 1, score: points(f.score) }) : "";
      list.appendChild(li);
      li.querySelector(".rank").textContent = i + 1;
      li.querySelector(".score").textContent = points(f.score);
      li.querySelector(".meter i").style.width = (isNaN(f.score) ? 0 : 100 * f.score) + "%";
      var change = li.querySelector(".change"), up = entry.rank - (i + 1);
      change.textContent = own && up ? (up > 0 ? "▲" + up : "▼" + -up) : "";
      change.title = own && up ? lp.fill(words.weights_place, { rank: entry.rank }) : "";
    });
    top.querySelectorAll(":scope > li > button").forEach(function (button, i) {
      var f = found[i], entry = sites[f.id];
      button.dataset.site = f.id;
      button.querySelector(".rank").textContent = i + 1;
      button.querySelector(".name").textContent = entry.name;
      button.querySelector(".why").textContent = own ? lp.fill(words.weights_why, { rank: entry.rank, score: points(entry.score) }) : entry.reason;
      button.querySelector(".points b").textContent = points(f.score);
    });
    document.querySelectorAll(".card .reweighed").forEach(function (p) { p.textContent = said[p.dataset.of] || ""; });
    lp.pins.prepare();
    lp.labels.redraw();
  }

  function weights() { return inputs.map(function (input) { return Number(input.value) / 100; }); }

  function moved() {
    var now = weights(), sum = now.reduce(function (a, b) { return a + b; }, 0), status = document.getElementById("weights-said");
    inputs.forEach(function (input, k) {
      input.nextSibling.textContent = lp.number(sum ? 100 * now[k] / sum : 0, { decimals: 0 }) + "\u00a0%";
      input.setAttribute("aria-valuetext", input.nextSibling.textContent);
    });
    if (!sum) { status.textContent = words.weights_zero; return; }
    var own = now.some(function (w, k) { return Math.abs(w - Math.round(100 * planned[k]) / 100) > 1e-9; });
    /* untouched sliders mean the plan's own weights, not what whole per cents make of them */
    var found = order(own ? now : planned);
    show(found, own);
    status.textContent = own ? words.weights_said : "";
  }

  var list = document.getElementById("sliders");
  ranking.criteria.forEach(function (c, k) {
    var label = lp.element("label"), input = lp.element("input");
    label.appendChild(lp.element("span", c.title));
    input.type = "range"; input.min = 0; input.max = 100; input.step = 1;
    input.value = Math.round(100 * planned[k]);
    input.addEventListener("input", moved);
    inputs.push(input);
    label.appendChild(input);
    label.appendChild(lp.element("output", Math.round(100 * planned[k]) + "\u00a0%"));
    list.appendChild(label);
  });
  document.getElementById("weights-reset").addEventListener("click", function () {
    inputs.forEach(function (input, k) { input.value = Math.round(100 * planned[k]); });
    moved();
  });
  lp.rank = function (given) { return order(given || planned); };
  lp.weigh = function (given) {
    inputs.forEach(function (input, k) { input.value = Math.round(100 * given[k]); });
    moved();
  };
})(window.landplan);
