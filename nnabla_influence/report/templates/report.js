"use strict";
(() => {
  const PAGE = 120; // cards shown at first, and per press of "Show more"
  const find = (id) => document.getElementById(id);
  const list = find("cards");
  const cards = Array.from(list.children);
  const box = new Map(cards.map((card) => [card, card.querySelector("input")]));
  const controls = { class: find("class"), show: find("show"), sort: find("sort") };
  let limit = PAGE;
  let matching = cards;

  const count = (number, one, many) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
  const ticked = () => cards.filter((card) => box.get(card).checked);
  const visible = () => matching.slice(0, limit);

  const shows = {
    all: () => true,
    harmful: (card) => Number(card.dataset.score) < 0,
    helpful: (card) => Number(card.dataset.score) > 0,
    differs: (card) => card.dataset.differs === "1",
    ticked: (card) => box.get(card).checked,
  };

  const matches = (card) => {
    const chosen = controls.class ? controls.class.value : "";
    return (chosen === "" || card.dataset.class === chosen) && shows[controls.show.value](card);
  };

  // By one number, what lacks it last; equal ones by rank.
  const sorted = (chosen) => {
    const option = controls.sort.selectedOptions[0];
    const direction = Number(option.dataset.direction);
    const value = (card) => {
      const text = card.getAttribute(`data-${option.value}`);
      return text === null || text === "" ? Infinity : direction * Number(text);
    };
    const keys = new Map(chosen.map((card) => [card, value(card)]));
    const compare = (a, b) => (keys.get(a) < keys.get(b) ? -1 : keys.get(a) > keys.get(b) ? 1 : 0);
    return chosen.sort((a, b) => compare(a, b) || Number(a.dataset.rank) - Number(b.dataset.rank));
  };

  const say = (text) => {
    const status = find("status");
    if (status.textContent !== text) status.textContent = text;
  };

  const report = (event = "") => {
    const number = ticked().length;
    const shown = visible().length;
    say(`${event}${count(matching.length, "sample matches", "samples match")}, ${shown.toLocaleString("en")} shown, ` +
      `${number.toLocaleString("en")} ticked`);
    find("tick").textContent = `Tick all ${shown.toLocaleString("en")} shown`;
    find("tick").disabled = shown === 0;
    find("untick").disabled = number === 0;
    find("download").disabled = number === 0;
    find("download").textContent = number ? `Download ${count(number, "ticked row", "ticked rows")}` : "Download ticked rows";
  };

  const lay = () => {
    const shown = new Set(visible());
    for (const card of cards) card.hidden = !shown.has(card);
    const left = matching.length - shown.size;
    find("more").parentElement.hidden = left === 0;
    find("more").textContent = `Show ${Math.min(left, PAGE).toLocaleString("en")} more of ${count(left, "sample", "samples")}`;
    find("empty").hidden = matching.length > 0;
    report();
  };

  const choose = () => {
    matching = sorted(cards.filter(matches));
    limit = PAGE;
    list.append(...matching);
    lay();
  };

  const download = () => {
    const rows = ticked().sort((a, b) => Number(a.dataset.rank) - Number(b.dataset.rank));
    const lines = rows.map((card) => `${card.dataset.index},${card.dataset.score}\n`);
    const file = new Blob(["datasource_index,influence\n", ...lines], { type: "text/csv;charset=utf-8" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = find("download").dataset.file;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    report(`Downloaded ${link.download}. `);
  };

  for (const control of Object.values(controls)) if (control) control.addEventListener("change", choose);
  list.addEventListener("change", () => report());
  find("more").addEventListener("click", () => {
    const next = matching[limit];
    limit += PAGE;
    lay();
    box.get(next).focus(); // the button may be gone: a keyboard goes on at the first new sample
  });
  find("tick").addEventListener("click", () => {
    for (const card of visible()) box.get(card).checked = true;
    report();
  });
  find("untick").addEventListener("click", () => {
    for (const card of cards) box.get(card).checked = false;
    if (controls.show.value === "ticked") choose();
    report();
  });
  find("download").addEventListener("click", download);
  for (const hidden of document.querySelectorAll(".controls, .bar")) hidden.hidden = false;
  choose();
})();
