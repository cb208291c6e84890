import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../pinned.mjs';
import { blocks, fenced, filled, rows } from './markdown.mjs';

const CLAIMS = 'packages/duty/src/service/claim/museum.component.test.ts';

/** The rows of spec/museum.yaml; each but those of `missing` has its test as `[file, name]`. */
export function museum() {
  const { signing, machines, missing } = parse(readFileSync(join(ROOT, 'spec/museum.yaml'), 'utf8'));
  for (const { test } of machines)
    if (!readFileSync(join(ROOT, test[0]), 'utf8').includes(test[1]))
      throw new Error(`spec/museum.yaml: ${test[0]} has no test "${test[1]}"`);
  return { signing: signing.map((row) => ({ ...row, test: [CLAIMS, row.name] })), machines, missing };
}

const first = ({ when, where, what, cost, source }) => [when, `[${where}](${source})`, what, cost];
const times = ['signs once', 'signs twice', 'signs twice, two times'];

/** docs/reference/museum.md */
export function museumPage({ signing, machines, missing }) {
  return filled(new URL('museum.md', import.meta.url), {
    answered: signing.length + machines.length,
    unanswered: missing.length,
    signing: rows(signing.map((row) => [...first(row), times[row.twice.stock], register(row), row.ours])),
    machines: rows(machines.map((row) => [...first(row), row.stock, row.ours])),
    missing: rows(missing.map((row) => [...first(row), row.why])),
    claims: blocks(signing.flatMap(({ name, acts }) => [`### ${name}`, fenced('text', acts.join('\n'))])),
  });
}

function register({ twice, missed = 0 }) {
  if (missed > 0) return `refuses ${missed === 1 ? 'one claim' : `${missed} claims`} that may be signed`;
  return times[twice.register];
}
