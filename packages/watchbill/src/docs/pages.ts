import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

/** A page of the documentation. */
export interface Page {
  /** The name of its file, for example `adopt`. No two pages have the same. */
  readonly name: string;
  /** The file, from the root of the repository. */
  readonly file: string;
  readonly title: string;
  /** Markdown. */
  readonly text: string;
}

/** A page that fits. */
export interface Found extends Omit<Page, 'text'> {
  /** The first heading that has all words, if the title has not. */
  readonly heading: string | null;
}

/** The pages in the npm package, beside its bundle. */
export const PACKED = 'pages.json.br';

/** Lists of pages, what `--help` and the service print themselves, and what only authors of the code read. */
const LEFT_OUT = new Set(['README', 'cli', 'http', 'nominate-http', 'mutations', 'simulator-mutations']);
const OF_AUTHORS = /^docs\/(decisions\/|(tests|dependencies|versions)[.]md$)/;

/** The pages of the installed command, or those of the repository. */
export function readPages(): readonly Page[] {
  const packed = new URL(`./${PACKED}`, import.meta.url);
  if (existsSync(packed)) return JSON.parse(brotliDecompressSync(readFileSync(packed)).toString());
  const root = fileURLToPath(new URL('../../../../', import.meta.url));
  const files = globSync('docs/**/*.md', { cwd: root }).sort();
  return files.flatMap((file): readonly Page[] => {
    const name = basename(file, '.md');
    if (LEFT_OUT.has(name) || OF_AUTHORS.test(file)) return [];
    const text = readFileSync(join(root, file), 'utf8');
    return [{ name, file, title: headingsOf(text)[0] ?? name, text }];
  });
}

/** A rank behind all others. */
const MENTIONED = 1_000_000;

/** The content of {@link PACKED}. Throws without pages: the command would print none. */
export function packedPages(pages: readonly Page[] = readPages()): Buffer {
  if (pages.length === 0) throw new Error('there is no page to pack: this copy lacks the folder docs');
  // One step more makes a tenth less, and takes ten times as long.
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
  return brotliCompressSync(JSON.stringify(pages), { params });
}

/**
 * The pages that have every word in name, title or heading, best first. If there is none: those with the
 * words in the text, the one with most mentions first.
 */
export function findPages(pages: readonly Page[], words: string): readonly Found[] {
  const wanted = words.toLowerCase().split(/\s+/);
  const hasAll = (text: string) => wanted.every((word) => text.toLowerCase().includes(word));
  const fits = pages.flatMap(({ text, ...page }): readonly (Found & { readonly rank: number })[] => {
    const heading = headingsOf(text).find(hasAll) ?? null;
    if (page.name === words.toLowerCase()) return [{ ...page, heading: null, rank: 0 }];
    if (hasAll(`${page.title} ${page.name}`)) return [{ ...page, heading: null, rank: 1 }];
    if (heading !== null) return [{ ...page, heading, rank: 2 }];
    const mentions = text.toLowerCase().split(wanted[0] ?? '').length;
    return hasAll(text) ? [{ ...page, heading: null, rank: MENTIONED - mentions }] : [];
  });
  const best = fits.filter(({ rank }) => rank <= 2);
  const sorted = (best.length > 0 ? best : fits).toSorted((a, b) => a.rank - b.rank);
  return sorted.map(({ rank: _, ...page }) => page);
}

/** The texts of the headings, without those of code. */
function headingsOf(text: string): readonly string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '');
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
}
