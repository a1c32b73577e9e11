/* Up to four sites side by side: the rows of their own score cards, put together. */
(function (lp) {
  "use strict";
  var words = lp.config.words, sites = lp.config.sites, most = 4;
  var boxes = [].slice.call(document.querySelectorAll("input[data-compare]"));
  var bar = document.getElementById("compare-bar"), go = document.getElementById("compare-go"), card = document.getElementById("compare");
  if (!bar || !lp.show) { return; }

  function chosen() { return boxes.filter(function (b) { return b.checked; }).map(function (b) { return b.dataset.compare; }); }

  function changed() {
    var count = chosen().length;
    boxes.forEach(function (b) { b.disabled = !b.checked && count >= most; });
    bar.hidden = !count;
    go.disabled = count < 2;
    go.textContent = count < 2 ? words.compare_more : lp.fill(words.compare_go, { count: count });
    document.getElementById("compare-most").textContent = count >= most ? words.compare_most : "";
  }

  /* every [data-row] of a card is a line: its words and what stands in it */
  function lines(site) {
    var found = {};
    document.querySelectorAll("#card-" + sites[site].card + " [data-row]").forEach(function (node) {
      var head = node.querySelector("[data-head]"), parts = node.querySelectorAll("[data-cell]");
      found[node.dataset.row] = {
        group: node.closest("[data-group]").dataset.group, head: head.textContent.trim(),
        cells: [].map.call(parts, function (p) { return p.textContent.trim(); }).filter(Boolean)
      };
    });
    return found;
  }

  function table() {
    var picked = chosen().sort(function (a, b) { return (sites[a].now || sites[a].rank) - (sites[b].now || sites[b].rank); });
    var all = picked.map(lines), made = lp.element("table"), head = made.createTHead().insertRow(), body = made.createTBody(), seen = {};
    made.createCaption().textContent = words.compare_title;
    made.caption.className = "hidden";
    head.appendChild(lp.element("td"));
    picked.forEach(function (site) {
      var cell = lp.element("th"), open = lp.element("button", (sites[site].now || sites[site].rank) + ". " + sites[site].name, "open");
      cell.scope = "col";
      open.type = "button";
      open.addEventListener("click", function () { lp.openCard(site, true); });
      cell.appendChild(open);
      head.appendChild(cell);
    });
    all.forEach(function (card) { Object.keys(card).forEach(function (key) { seen[key] = seen[key] || card[key]; }); });
    var group = null;
    Object.keys(seen).forEach(function (key) {
      if (seen[key].group !== group) {
        group = seen[key].group;
        var over = lp.element("th", group, "group");
        over.colSpan = picked.length + 1;
        over.scope = "colgroup";
        body.insertRow().appendChild(over);
      }
      var row = body.insertRow(), title = lp.element("th", seen[key].head);
      title.scope = "row";
      row.appendChild(title);
      all.forEach(function (card) {
        var cell = row.insertCell(), line = card[key];
        (line ? line.cells : ["–"]).forEach(function (text, i) { cell.appendChild(lp.element(i ? "span" : "b", text)); });
      });
    });
    return made;
  }

  go.addEventListener("click", function () {
    if (chosen().length < 2) { return; }
    lp.closeCard(false);
    document.getElementById("answer").hidden = !lp.narrow();
    document.getElementById("rest").hidden = true;
    var place = document.getElementById("compare-table");
    place.textContent = "";
    place.appendChild(table());
    card.hidden = false;
    lp.wide(true);
    document.getElementById("panel").scrollTop = 0;
    card.querySelector("h2").focus();
  });
  document.getElementById("compare-clear").addEventListener("click", function () {
    boxes.forEach(function (b) { b.checked = false; });
    changed();
  });
  boxes.forEach(function (b) { b.addEventListener("change", changed); });
  lp.compare = function (ids) {
    boxes.forEach(function (b) { b.checked = ids.indexOf(b.dataset.compare) >= 0; });
    changed();
    go.click();
  };
})(window.landplan);
