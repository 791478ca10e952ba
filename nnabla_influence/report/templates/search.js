// Search: every word must be found. `row:12`, `file:cat` and `class:7` look in one place; a bare number is a row or a
// number in the file's name, other bare words are looked for in class, predicted class and file.
const makeSearch = (cards) => {
  const isNumber = (text) => /^\d+$/.test(text);
  const known = new Map(cards.map((card) => {
    const file = (card.dataset.file || "").toLowerCase();
    const names = [card.dataset.name, card.dataset.predicted].filter((name) => name !== undefined);
    const numbers = new Set((file.split(/[\\/]/).pop().match(/\d+/g) || []).map(Number));
    return [card, { row: card.dataset.index, file, names: names.map((name) => name.toLowerCase()), numbers }];
  }));
  const places = {
    row: (entry, text) => entry.row === text,
    file: (entry, text) => entry.file.includes(text),
    class: (entry, text) => entry.names.some((name) => name === text || (!isNumber(text) && name.includes(text))),
  };

  const test = (word) => {
    const [, place, text] = word.match(/^(row|file|class):(.+)$/) || [];
    if (place) return (entry) => places[place](entry, text);
    if (isNumber(word)) return (entry) => Number(entry.row) === Number(word) || entry.numbers.has(Number(word));
    return (entry) => places.class(entry, word) || places.file(entry, word);
  };

  // Returns whether a card matches what was typed.
  return (typed) => {
    const tests = (typed.toLowerCase().match(/\S+/g) || []).map(test);
    return (card) => tests.every((passes) => passes(known.get(card)));
  };
};
