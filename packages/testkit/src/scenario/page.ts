import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The page of the results. Its text is written by hand, its tables by runs. */
const PAGE = fileURLToPath(new URL('../../../../docs/duty/explanation/real-nodes.md', import.meta.url));

/** The parts of the page, each with the results of one run. */
export const DEVNET_TITLE = 'What real nodes did';
export const RELAY_TITLE = 'Westend in the relay-chain node';
export const COLLATOR_TITLE = 'A collator on Westend';

/** The results of one run, under a heading of the page. */
export interface Results {
  readonly heading: string;
  /** The lines of a table in Markdown. */
  readonly table: readonly string[];
  /** The reasons why a row breaks the promise. */
  readonly notKept: readonly string[];
}

/** Writes the tables of a run, and how long each scenario lasted, into its part of the page. */
export function writeResults(part: string, holdSeconds: number, all: readonly Results[]): void {
  writeFileSync(PAGE, withResults(readFileSync(PAGE, 'utf8'), part, holdSeconds, all));
}

/** The page with these results in place of the old ones. Throws where it has no place for them. */
export function withResults(
  page: string,
  part: string,
  holdSeconds: number,
  all: readonly Results[],
): string {
  const lasted = new RegExp(`(^#+ ${part}\\n[^]*?\\nEach scenario lasted )\\d+`, 'm');
  let text = replaced(page, lasted, `${holdSeconds}`);
  for (const { heading, table, notKept } of all) {
    const old = new RegExp(`(^#+ ${heading}\\n[^|]*)(?:\\|.*\\n)+(?:\\nNot kept: .*\\n)?`, 'm');
    const notes = notKept.length === 0 ? [] : ['', `Not kept: ${notKept.join('; ')}.`];
    text = replaced(text, old, [...table, ...notes, ''].join('\n'));
  }
  return text;
}

/** Keeps the first group, and puts the text in place of the rest. */
function replaced(page: string, pattern: RegExp, text: string): string {
  if (!pattern.test(page)) throw new Error(`the page has no ${pattern}`);
  return page.replace(pattern, (_, begin: string) => begin + text);
}
