// The last lines of a page: with which programs its commands were run.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pageText, ROOT } from './page-run.ts';

/** Write the stamp, and outputs that differ, into the page. */
export const UPDATE = process.env.WATCHBILL_UPDATE_PAGES === '1';
const VERSION = /"version": "([^"]+)"/.exec(
  readFileSync(join(ROOT, 'packages/watchbill/package.json'), 'utf8'),
)?.[1];

/** As the last line of a page names the cluster of the tier tikv. */
export const TIKV = 'TiKV (PD 8.1 and the stores of the tests)';

/** The node that pages build, as their last line names it. */
export const DEVNODE = `watchbill-devnode ${/^version = "(.+)"/m.exec(readFileSync(join(ROOT, 'substrate/devnode/Cargo.toml'), 'utf8'))?.[1]}`;

/** As the last line of a page names the embedded store. */
export function sqliteVersion(): string {
  return `SQLite ${process.versions.sqlite ?? ''} of Node ${process.versions.node}`;
}

/**
 * The last lines of a page, or part, say with which programs its commands were run, a line per store. With
 * WATCHBILL_UPDATE_PAGES=1 the line is written, otherwise it must be there for this version.
 * @param store for example `etcd 3.6.4`; its first word names the line
 */
export function stamp(page: string, store: string): void {
  const text = pageText(page);
  const name = store.split(' ')[0] ?? store;
  const today = new Date().toISOString().slice(0, 10);
  const line = `run on ${today} with watchbill ${VERSION}, ${store}`;
  const old = new RegExp(`^run on \\S+ with watchbill \\S+, ${name}\\b.*$`, 'm');
  if (UPDATE) {
    const file = join(ROOT, page.replace(/#.*/, ''));
    const whole = readFileSync(file, 'utf8');
    const { index: at, 0: last } = old.exec(text) ?? { index: text.trimEnd().length, 0: '' };
    const fresh = last === '' ? `\n\n${line}` : line;
    writeFileSync(file, `${whole.slice(0, at)}${fresh}${whole.slice(at + last.length)}`);
    return;
  }
  const stamped = old
    .exec(text)?.[0]
    .trim()
    .replace(/^run on \S+/, '');
  assert.equal(
    stamped,
    line.replace(/^run on \S+/, ''),
    `${page}: run this test with WATCHBILL_UPDATE_PAGES=1`,
  );
}
