import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The page of the results. One run writes the chain of development, another one the relay chain. */
const PAGE = fileURLToPath(new URL('../../../../docs/duty/explanation/real-nodes.md', import.meta.url));

/** The section that a run on the relay chain writes, and any other run keeps. */
export const RELAY_TITLE = 'Westend in the relay-chain node';

/** The section that a run with a collator writes, and any other run keeps. */
export const COLLATOR_TITLE = 'A collator on Westend';

export function readPage(): string {
  return readFileSync(PAGE, 'utf8');
}

export function writePage(text: string): void {
  writeFileSync(PAGE, text);
}

/** The lines of a section of a page, its heading included; empty if the page has no such section. */
export function sectionOf(page: string, title: string): readonly string[] {
  const lines = page.trimEnd().split('\n');
  const first = lines.indexOf(`## ${title}`);
  if (first === -1) return [];
  const length = lines.slice(first + 1).findIndex((line) => line.startsWith('## '));
  const section = lines.slice(first, length === -1 ? undefined : first + 1 + length);
  return section.join('\n').trimEnd().split('\n');
}

/** The page with these lines as that section: in place of the old one, or else at its end. */
export function withSection(page: string, title: string, section: readonly string[]): string {
  const old = sectionOf(page, title).join('\n');
  const text = section.join('\n');
  return old === '' ? `${page.trimEnd()}\n\n${text}\n` : page.replace(old, () => text);
}
