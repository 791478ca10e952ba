// Lists of samples as CSV files, made in the page.
const makeDownloads = (list) => {
  // A spreadsheet takes a text that begins like a formula for one.
  const inert = (text) => (/^[=+@\t\r-]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text);
  const cell = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const line = (texts) => `${texts.map((text) => cell(inert(text || ""))).join(",")}\n`;

  const offer = (name, lines) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(lines, { type: "text/csv;charset=utf-8" }));
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  // What `cleanse` reads, most harmful first.
  const ticked = (name, cards) => {
    const rows = Array.from(cards).sort((a, b) => Number(a.dataset.rank) - Number(b.dataset.rank));
    offer(name, [line(["datasource_index", "influence"]),
      ...rows.map((card) => line([card.dataset.index, card.dataset.score]))]);
  };

  // What the page knows of every listed sample, in the order of the page; `columns` are [title, attribute].
  const listed = (name, cards, isTicked) => {
    const columns = JSON.parse(list.dataset.exported);
    offer(name, [line([...columns.map(([title]) => title), "ticked"]),
      ...cards.map((card) => line([...columns.map(([, key]) => card.getAttribute(`data-${key}`)), isTicked(card) ? "1" : "0"]))]);
  };
  return { ticked, listed };
};
