// How the search reads words. The build and the browser must do the same.

/** Words that say nothing about a page. */
const COMMON = new Set(
  'a an and are as at be by can do does for from has have how i if in is it its my of on or that the this to was what when where which with you your'.split(
    ' ',
  ),
);

/** `session-lost` is one word, and its parts are words too; so are the parts of `WatchbillStoreBehind`. */
export function tokenize(text) {
  return text.split(/[^\p{L}\p{N}_-]+/u).flatMap((piece) => {
    const word = piece.replace(/^[-_]+|[-_]+$/g, '');
    const parts = word.split(/[-_]|(?<=\p{Ll})(?=\p{Lu})/u);
    return parts.length > 1 ? [word, ...parts] : [word];
  });
}

function processTerm(term) {
  const word = term.toLowerCase();
  return word === '' || COMMON.has(word) ? null : word;
}

/** Options of the index. A code has to be typed as it is; other words of some length may have a mistake. */
export const SEARCH = {
  fields: ['title', 'name', 'titles', 'text'],
  storeFields: ['title', 'titles', 'weight'],
  tokenize,
  processTerm,
  searchOptions: {
    prefix: (term) => term.length > 2,
    fuzzy: (term) => (term.length > 5 && !term.includes('-') ? 0.2 : false),
    boost: { title: 6, name: 4, titles: 2, text: 1 },
    boostDocument: (_id, _term, { weight }) => weight,
  },
};

/** The anchor of a heading, as GitHub makes it: so links of the repository hold on the site. */
export function slugOf(words) {
  return words
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}
