import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULT_MEANINGS, PROBLEMS } from '@watchbill/duty/service';
import { ROOT } from '../pinned.mjs';
import { code, filled, rows } from './markdown.mjs';

/** docs/duty/reference/problems.md */
export function problemsPage() {
  return filled(new URL('problems.md', import.meta.url), {
    request: rows(
      Object.entries(PROBLEMS).map(([name, { status, title, remedy }]) => [
        code(name),
        status,
        `${title.replace(/\.$/, '')}.`,
        remedy,
      ]),
    ),
    service: rows(
      [...thrown()].map(([name, statuses]) => [code(name), [...statuses].sort().join(', '), meaningOf(name)]),
    ),
  });
}

function meaningOf(name) {
  const meaning = FAULT_MEANINGS[name];
  if (meaning === undefined) throw new Error(`packages/duty/src/service/fault-meanings.ts has not ${name}`);
  return meaning;
}

/** Every code that stands with its status in the sources of the core, so that none is forgotten here. */
function thrown() {
  const found = new Map();
  const sources = ['service/{*,!(http|ledger|net)/**/*}.ts', 'proof/export.ts'];
  const files = globSync(sources, { cwd: join(ROOT, 'packages/duty/src') }).sort();
  for (const file of files.filter((name) => !name.endsWith('.test.ts'))) {
    const text = readFileSync(join(ROOT, 'packages/duty/src', file), 'utf8');
    for (const [, name, status] of text.matchAll(/'([a-z][a-z-]+)',\s*(4\d\d|503),/g)) {
      found.set(name, (found.get(name) ?? new Set()).add(status));
    }
  }
  const unused = Object.keys(FAULT_MEANINGS).filter((name) => !found.has(name));
  if (unused.length > 0) throw new Error(`no source throws ${unused.join(', ')} any more`);
  return new Map([...found].sort(([one], [other]) => (one < other ? -1 : 1)));
}
