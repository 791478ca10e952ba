// The list of samples: which are shown, in which order, and what becomes of those that are ticked.
(() => {
  const PAGE = 120; // cards shown at first, and per press of "Show more"
  const find = (id) => document.getElementById(id);
  const list = find("cards");
  const cards = Array.from(list.children);
  const box = new Map(cards.map((card) => [card, card.querySelector("input")]));
  const byRow = new Map(cards.map((card) => [card.dataset.index, card]));
  const controls = { class: find("class"), show: find("show"), sort: find("sort") };
  let limit = PAGE;
  let matching = cards;
  let current = null; // the card under review
  let place = -1; // where it was in the list

  const spell = (number) => number.toLocaleString("en");
  const count = (number, one, many) => `${spell(number)} ${number === 1 ? one : many}`;
  const isTicked = (card) => box.get(card).checked;
  const visible = () => matching.slice(0, limit);
  const ticks = makeTicks(new Map(cards.map((card) => [card.dataset.index, box.get(card)])), list.dataset.key, () => report());
  const search = makeSearch(cards);
  const downloads = makeDownloads(list);

  const shows = {
    all: () => true,
    harmful: (card) => Number(card.dataset.score) < 0,
    helpful: (card) => Number(card.dataset.score) > 0,
    differs: (card) => card.dataset.differs === "1",
    near: (card) => Boolean(card.dataset.near),
    ticked: isTicked,
  };

  const chosen = () => {
    const inClass = controls.class ? controls.class.value : "";
    const isShown = shows[controls.show.value];
    const isFound = search(find("search").value);
    return cards.filter((card) => (inClass === "" || card.dataset.class === inClass) && isShown(card) && isFound(card));
  };

  // By one number, what lacks it last; equal ones by rank.
  const sorted = (wanted) => {
    const option = controls.sort.selectedOptions[0];
    const direction = Number(option.dataset.direction);
    const value = (card) => {
      const text = card.getAttribute(`data-${option.value}`);
      return text === null || text === "" ? Infinity : direction * Number(text);
    };
    const keys = new Map(wanted.map((card) => [card, value(card)]));
    const compare = (a, b) => (keys.get(a) < keys.get(b) ? -1 : keys.get(a) > keys.get(b) ? 1 : 0);
    return wanted.sort((a, b) => compare(a, b) || Number(a.dataset.rank) - Number(b.dataset.rank));
  };

  const say = (text) => {
    const status = find("status");
    if (status.textContent !== text) status.textContent = text;
  };

  const report = (event = "") => {
    const number = ticks.rows().length;
    const shown = visible().length;
    const unsafe = number && !ticks.isKept() ? "; this browser forgets ticks when the page is closed" : "";
    say(`${event}${count(matching.length, "sample matches", "samples match")}, ${spell(shown)} shown, ` +
      `${spell(number)} ticked${unsafe}`);
    find("tick").textContent = `Tick all ${spell(shown)} shown`;
    find("tick").disabled = shown === 0;
    find("untick").disabled = number === 0;
    find("undo").disabled = !ticks.canUndo();
    find("download").disabled = number === 0;
    find("download").textContent = number ? `Download ${count(number, "ticked row", "ticked rows")}` : "Download ticked rows";
    find("export").disabled = matching.length === 0;
    find("export").textContent = `Export this list (${count(matching.length, "row", "rows")})`;
    enlarged.refresh();
  };

  const lay = () => {
    const shown = new Set(visible());
    for (const card of cards) card.hidden = !shown.has(card);
    const left = matching.length - shown.size;
    find("more").parentElement.hidden = left === 0;
    find("more").textContent = `Show ${spell(Math.min(left, PAGE))} more of ${count(left, "sample", "samples")}`;
    find("empty").hidden = matching.length > 0;
    report();
  };

  const choose = () => {
    matching = sorted(chosen());
    limit = PAGE;
    current = null;
    place = -1;
    list.append(...matching);
    lay();
  };

  const remember = (card) => {
    current = card;
    if (matching.includes(card)) place = matching.indexOf(card); // else it goes on where it left the list
  };

  // Make a card the one under review, wherever the reader is.
  const go = (card) => {
    remember(card);
    if (place >= limit) {
      limit = PAGE * Math.ceil((place + 1) / PAGE);
      lay();
    }
    if (enlarged.isOpen()) enlarged.show(card);
    else if (matching[place]) box.get(matching[place]).focus();
  };
  const enlarged = makeEnlarged(list, (card) => box.get(card), go);

  const step = (by) => {
    const next = matching[Math.min(Math.max(place + by, 0), matching.length - 1)];
    if (next) go(next);
  };

  const tick = (card, ticked) => {
    ticks.set([card.dataset.index], ticked);
    report();
  };

  const undo = () => {
    const last = ticks.undo();
    if (!last) return;
    const what = last.rows.length === 1 ? `row ${last.rows[0]}` : count(last.rows.length, "row", "rows");
    report(`Undone: ${what} ${last.ticked ? "no longer ticked" : "ticked again"}. `);
    if (last.rows.length === 1) go(byRow.get(last.rows[0]));
  };

  const enlarge = (card) => {
    remember(card);
    enlarged.show(card);
  };

  const enlargeOrClose = () => {
    if (enlarged.isOpen()) enlarged.close();
    else if (current) enlarge(current);
  };

  for (const control of Object.values(controls)) if (control) control.addEventListener("change", choose);
  find("search").addEventListener("input", choose);
  list.addEventListener("change", (event) => {
    ticks.note(event.target.closest(".card").dataset.index);
    report();
  });
  list.addEventListener("focusin", (event) => remember(event.target.closest(".card")));
  list.addEventListener("click", (event) => {
    const card = event.target.closest(".card");
    if (card && !event.target.closest(".box") && getSelection().isCollapsed) enlarge(card);
  });
  for (const strip of document.querySelectorAll(".strip, .side")) {
    strip.addEventListener("click", (event) => {
      const one = event.target.closest("[data-index]");
      if (one) enlarge(byRow.get(one.dataset.index));
    });
  }
  find("enlarged-tick").addEventListener("change", (event) => tick(current, event.target.checked));
  find("enlarged-next").addEventListener("click", () => step(1));
  find("enlarged-previous").addEventListener("click", () => step(-1));
  find("more").addEventListener("click", () => {
    const next = matching[limit];
    limit += PAGE;
    lay();
    box.get(next).focus(); // the button may be gone: a keyboard goes on at the first new sample
  });
  find("tick").addEventListener("click", () => {
    ticks.set(visible().map((card) => card.dataset.index), true);
    report();
  });
  find("untick").addEventListener("click", () => {
    ticks.set(ticks.rows(), false);
    if (controls.show.value === "ticked") choose();
    report();
  });
  find("undo").addEventListener("click", undo);
  find("download").addEventListener("click", () => {
    const file = find("download").dataset.file;
    downloads.ticked(file, cards.filter(isTicked));
    report(`Downloaded ${file}. `);
  });
  find("export").addEventListener("click", () => {
    const file = find("export").dataset.file;
    downloads.listed(file, matching, isTicked);
    report(`Downloaded ${file}. `);
  });
  listenToKeys({
    next: () => step(1),
    previous: () => step(-1),
    tick: () => current && tick(current, !isTicked(current)),
    undo,
    enlarge: enlargeOrClose,
    search: () => !enlarged.isOpen() && find("search").focus(),
  });
  for (const hidden of document.querySelectorAll(".controls, .bar, .keys")) hidden.hidden = false;
  choose();
})();
