// The documents of the search: each section of a page, and each row that explains a code.

import { posix } from 'node:path';
import { addressOf, INSIDE } from './doors.mjs';
import { slugOf } from './vitepress/search.mjs';

/** Pages whose rows explain a code, for example `session-lost`. Each row has the code as its anchor. */
const CODES = /\/(reasons|problems|alerts)\.md$/;
/** Weights of a section in a result: people look for codes and instructions before lists of settings. */
const WEIGHTS = { code: 2, page: 3, task: 1.5, section: 1, list: 0.5, inside: 0.2 };
const LISTS = /^(reference|duty\/reference|nominate\/reference)\//;

/** The documents of the index. Pages for those who judge the code have their titles alone in it. */
export function documentsOf(pages, doors, base) {
  const { groups, rest } = doors.find(({ name }) => name === INSIDE);
  const inside = new Set([...groups.flatMap((group) => group.pages), ...rest]);
  return pages.flatMap((page) => {
    const address = `${base.replace(/\/$/, '')}${addressOf(page)}`;
    const id = address.endsWith('/') ? address : `${address}.html`;
    if (inside.has(page)) return [{ id, title: page.title, titles: [], text: '', weight: WEIGHTS.inside }];
    const weight = WEIGHTS[/how-to/.test(page.site) ? 'task' : LISTS.test(page.site) ? 'list' : 'section'];
    const sections = sectionsOf(page).map(({ anchor, titles, text }, at) => ({
      id: `${id}#${anchor}`,
      title: titles.at(-1),
      titles: titles.slice(0, -1),
      name: at === 0 ? posix.basename(page.site, '.md') : '',
      text,
      weight: at === 0 ? WEIGHTS.page : CODES.test(page.site) ? WEIGHTS.code : weight,
    }));
    return [...sections, ...codesOf(page, id)];
  });
}

function codesOf({ site, title, text }, id) {
  if (!CODES.test(site)) return [];
  const rows = [...text.matchAll(/^\| `([^`]+)` \|(.*)$/gm)];
  const first = rows.filter(([, code], at) => rows.findIndex((row) => row[1] === code) === at);
  return first.map(([, code, row]) => ({
    ...{ id: `${id}#${code}`, title: code, titles: [title], text: plain(row), weight: WEIGHTS.code },
  }));
}

/** The sections of a page; `titles` are the headings above a section and its heading. */
function sectionsOf({ title, text }) {
  const sections = [];
  const titles = [];
  const slug = uniqueSlugs();
  let inCode = false;
  for (const line of text.split('\n')) {
    if (/^\s*(```|~~~)/.test(line)) inCode = !inCode;
    const [, marks, words] = (!inCode && /^(#{1,6}) +(.*?)\s*$/.exec(line)) || [];
    if (marks !== undefined) {
      titles.length = marks.length - 1;
      titles[marks.length - 1] = plain(words);
      sections.push({ anchor: slug(plain(words)), titles: titles.filter(Boolean), text: '' });
    } else if (sections.length > 0) sections.at(-1).text += ` ${plain(line)}`;
  }
  return sections.length > 0 ? sections : [{ anchor: '', titles: [title], text: plain(text) }];
}

function plain(markdown) {
  return markdown
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[`*|]|<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Repeated anchors get a number. */
function uniqueSlugs() {
  const counts = new Map();
  return (words) => {
    const slug = slugOf(words);
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  };
}
