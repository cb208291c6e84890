import { nearest, table, usageFault } from '@watchbill/kit';
import { argument, command, flag } from '@watchbill/kit/command/command';
import { lines, print } from '@watchbill/kit/command/print';
import { text, yes } from '@watchbill/kit/command/shapes';
import { type Found, findPages, type Page, readPages } from './pages.ts';

/** `docs`: a page of the documentation, without a network. */
export const docs = command({
  args: { words: argument(text('words').optional(), 'a name of a page, or words of its title or headings') },
  flags: { json: flag(yes(), 'print JSON') },
  examples: ['watchbill docs', 'watchbill docs adopt', 'watchbill docs "lost disk" --json'],
  run: ({ io }, { words, json }) => {
    const pages = readPages();
    const found = words === undefined ? pages.map(listed) : findPages(pages, words);
    if (found.length === 0) throw unknownPage(words ?? '', pages);
    const [best] = found;
    const isOne = words !== undefined && (found.length === 1 || best?.name === words.toLowerCase());
    const page = isOne ? pages.find(({ name }) => name === best?.name) : undefined;
    print(io, json, page ?? { pages: found }, () => page?.text ?? listText(found));
  },
});

function listed({ name, file, title }: Page): Found {
  return { name, file, title, heading: null };
}

function listText(found: readonly Found[]): string {
  const rows = found.map(({ name, title, heading }) => [
    name,
    heading === null ? title : `${title}: ${heading}`,
  ]);
  return `${table(['page', 'about'], rows)}${lines(['', 'print one: watchbill docs PAGE'])}`;
}

function unknownPage(words: string, pages: readonly Page[]) {
  const names = pages.flatMap(({ name, title }) => [name, ...title.toLowerCase().split(' ')]);
  const near = nearest(words, names);
  const help = '`watchbill docs` lists the pages; `watchbill explain CODE` explains a code';
  const remedy = near === null ? help : `did you mean ${near}? Or ${help}`;
  return usageFault(`no page has ${words}`, remedy, 'argument WORDS');
}
