/* An enquiry from an investor: which sites meet every requirement, and which nearly do. The rule is that of
   `landplan.enquiry`: what is not known is never met. */
(function (lp) {
  "use strict";
  var words = lp.config.words, form = document.getElementById("enquiry-form");
  if (!form || !lp.show) { return; }
  var rules = [
    { ask: "min_ha", fact: "allowed_ha", least: true, unit: "ha" },
    { ask: "min_mw", fact: "mw", least: true, unit: "MW" },
    { ask: "rail_m", fact: "rail_m", least: false, unit: "m" },
    { ask: "port_min", fact: "port_min", least: false, unit: "min" },
    { ask: "airport_min", fact: "airport_min", least: false, unit: "min" }
  ];

  function answer(facts, asked) {
    var met = [], missing = [];
    rules.forEach(function (rule) {
      var wanted = asked[rule.ask];
      if (wanted === undefined || wanted === null || isNaN(wanted)) { return; }
      var has = facts[rule.fact];
      if (has === undefined) { has = null; }
      if (has !== null && (rule.least ? has >= wanted : has <= wanted)) { met.push(rule.ask); } else { missing.push({ rule: rule, has: has, wanted: wanted }); }
    });
    return { met: met, missing: missing };
  }

  function amount(value, unit, least) {
    var decimals = Math.max(unit === "m" || value >= 100 || value === Math.round(value) ? 0 : 1, least || 0);
    return lp.number(value, { decimals: decimals, grouped: true }) + "\u00a0" + unit;
  }

  function said(miss) {
    var has = miss.has === null ? "" : amount(miss.has, miss.rule.unit), wanted = amount(miss.wanted, miss.rule.unit), more = 0;
    /* "has 40 ha, wanted 40 ha" would be a riddle */
    while (miss.has !== null && more < 4 && miss.has.toFixed(more) === miss.wanted.toFixed(more)) { more++; has = amount(miss.has, miss.rule.unit, more); wanted = amount(miss.wanted, miss.rule.unit, more); }
    return lp.fill(miss.has === null ? words.unknown_wanted : words.has_wanted, { what: words["fact_" + miss.rule.fact], has: has, wanted: wanted });
  }

  function entry(found) {
    var li = lp.element("li"), open = lp.element("button", found.site.name, "open");
    open.type = "button";
    open.addEventListener("click", function () { lp.openCard(found.id, true); });
    li.appendChild(open);
    found.missing.forEach(function (miss) { li.appendChild(lp.element("span", said(miss))); });
    return li;
  }

  function show(asked) {
    var out = document.getElementById("enquiry-found"), all, matches, near;
    out.textContent = "";
    if (!rules.some(function (rule) { return !isNaN(asked[rule.ask]) && asked[rule.ask] !== null; })) {
      out.appendChild(lp.element("p", words.asked_nothing));
      return null;
    }
    all = Object.keys(lp.config.sites).map(function (id) {
      var site = lp.config.sites[id];
      return Object.assign({ id: id, site: site, rank: site.rank }, answer(site.facts, asked));
    }).sort(function (a, b) { return a.missing.length - b.missing.length || a.rank - b.rank; });
    matches = all.filter(function (f) { return !f.missing.length; });
    near = all.filter(function (f) { return f.missing.length && f.met.length; });
    out.appendChild(lp.element("h3", matches.length ? words.match : words.no_match));
    [matches, near].forEach(function (some, i) {
      if (!some.length) { return; }
      if (i) { out.appendChild(lp.element("h3", words.near_match)); }
      var list = lp.element("ul");
      some.forEach(function (f) { list.appendChild(entry(f)); });
      out.appendChild(list);
    });
    return { matches: matches.map(function (f) { return f.id; }), near: near.map(function (f) { return f.id; }) };
  }

  form.addEventListener("submit", function (e) {
    e.preventDefault();
    var asked = {};
    form.querySelectorAll("input[type=number]").forEach(function (input) { asked[input.name] = input.value === "" ? NaN : Number(input.value); });
    asked.rail_m = form.querySelector("input[name=rail]").checked ? 1000 : NaN;
    show(asked);
  });
  lp.enquire = show;
  lp.answer = answer;
})(window.landplan);
