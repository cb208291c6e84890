// The navigation follows docs/README.md: its chapters are the doors, its links are the pages behind them.

import { proseOf } from './pages.mjs';

const INDEX = 'index.md';
/** The chapter for those who judge the code. Pages that no chapter names are behind it too. */
export const INSIDE = 'Inside';
/** Folders whose pages no chapter names. */
const REST = /^(decisions|inside)\//;

/** @typedef {import('./pages.mjs').Page} Page */
/** @typedef {{ name: string | null, pages: readonly Page[] }} Group */
/** @typedef {{ name: string, groups: readonly Group[], rest?: readonly Page[] }} Door
 * `rest`: pages behind the door that it does not list */

/**
 * The doors, each with its groups. A page is behind the first door that names it. Throws if a page of docs/
 * is behind none, except decisions, which have a list.
 * @param {readonly Page[]} pages
 * @returns {readonly Door[]}
 */
export function readDoors(pages) {
  const index = pages.find(({ site }) => site === INDEX);
  const seen = new Set([INDEX]);
  const take = (text) =>
    [...text.matchAll(/\]\(\.\/([^)#\s]+)\)/g)].flatMap(([, site]) => {
      const page = pages.find((one) => one.site === site);
      if (page === undefined || seen.has(site)) return [];
      seen.add(site);
      return [page];
    });
  // The last chapter lists gaps.
  const chapters = proseOf(index.text).split(/^## /m).slice(1, -1);
  const doors = chapters.map((chapter) => ({
    name: firstLine(chapter),
    groups: chapter
      .split(/^### /m)
      .map((group, at) => ({ name: at === 0 ? null : firstLine(group), pages: take(group) }))
      .filter((group) => group.pages.length > 0),
  }));
  doors[0].groups = [{ name: null, pages: [index, ...doors[0].groups.flatMap((group) => group.pages)] }];
  const rest = pages.filter(({ site }) => !seen.has(site));
  const lost = rest.filter(({ site }) => !REST.test(site));
  if (lost.length > 0)
    throw new Error(`docs/README.md leads to no page ${lost.map(({ file }) => file).join(', ')}`);
  doors.find(({ name }) => name === INSIDE).rest = rest;
  return doors;
}

/** The bar on top, and for each page the bar beside it: that of its door alone, so that pages stay small. */
export function barsOf(doors) {
  const sidebar = {};
  const nav = doors.map(({ name, groups, rest = [] }) => {
    const items = groups.flatMap((group) =>
      group.name === null ? group.pages.map(itemOf) : [{ text: group.name, items: group.pages.map(itemOf) }],
    );
    const pages = groups.flatMap((group) => group.pages);
    const places = [...pages, ...rest].map(({ site }) => REST.exec(site)?.[0] ?? site.replace(/\.md$/, ''));
    for (const place of places) sidebar[`/${place}`] = [{ text: name, items }];
    const activeMatch = `^/(${[...new Set(places)].join('|')})`;
    const books = groups.filter((group) => group.name !== null);
    if (books.length === 0) return { text: name, link: addressOf(pages[0]), activeMatch };
    const links = books.map((book) => ({ text: book.name, link: addressOf(book.pages[0]) }));
    return { text: name, activeMatch, items: links };
  });
  return { nav, sidebar };
}

/** The address of a page below the base of the site. */
export function addressOf({ site }) {
  return `/${site.replace(/(^|\/)index\.md$/, '$1').replace(/\.md$/, '')}`;
}

function itemOf(page) {
  return { text: shortTitle(page.title), link: addressOf(page) };
}

/** `How to adopt a key` is `Adopt a key` in a list. */
function shortTitle(title) {
  const short = title.replace(/^How to /, '');
  return `${short[0].toUpperCase()}${short.slice(1)}`;
}

function firstLine(text) {
  return text.split('\n', 1)[0].trim();
}
