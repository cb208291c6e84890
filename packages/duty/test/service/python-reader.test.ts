// The reader of exports in Python knows the format from its page alone: it agrees with the vectors and on
// 10^5 entries, and refuses random edits.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { ROOT } from '@watchbill/testkit/pages/page-run';
import {
  adopted,
  exportText,
  granted,
  historyOf,
  markOf,
  verifyTexts,
} from '../../src/proof/testing/ground.ts';
import { entryHash, type LedgerEntry } from '../../src/rule/index.ts';

const VECTORS = join(ROOT, 'spec/duty/exports');
const folder = temporaryFolder();

function reader(...args: readonly string[]) {
  const ran = spawnSync('python3', [join(VECTORS, 'reader.py'), ...args], { encoding: 'utf8' });
  assert.equal(ran.stderr, '');
  return { code: ran.status, answer: JSON.parse(ran.stdout) as Record<string, unknown> };
}

function fileOf(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

test('it reads each vector that is proven, with its tops, and no other', () => {
  for (const name of globSync('*.json', { cwd: VECTORS })) {
    const { exports, verdict, tops } = JSON.parse(readFileSync(join(VECTORS, name), 'utf8'));
    const files = exports.map((text: string, at: number) => fileOf(`${name}-${at}`, text));
    const { code, answer } = reader(...files);
    if (verdict === 'proven') assert.deepEqual([code, answer.tops], [0, tops], name);
    else assert.deepEqual([code, Object.keys(answer)], [3, ['refused']], name);
  }
});

const COUNT = 100_000;
let whole = granted(adopted(historyOf('babe'), '100'), { unit: '101', part: 'seal' });
const [last] = whole.entries.slice(-1) as [LedgerEntry];
const entries = [...whole.entries];
for (let entry = last; entries.length < COUNT; entries.push(entry)) {
  const [slot = 0n] = entry.unit ?? [];
  entry = { ...entry, seq: entry.seq + 1n, prev: entryHash(entry), unit: [slot + 1n] };
}
whole = { ...whole, entries };
const top = `${101 + COUNT - 2}`;
const store = { ...markOf(whole), floor: `${Number(top) - 1}`, recent: [] };

test('it agrees on 100,000 entries', async () => {
  const text = await exportText({ entries, marks: [store] });
  const { code, answer } = reader(fileOf('whole.ledger', text));
  assert.deepEqual([code, answer.entries, Object.values(answer.tops as object)], [0, COUNT, [top]]);
  const { verdict, entries: read, marks } = await verifyTexts(text);
  assert.deepEqual([verdict, read, marks[0]?.top], ['proven', COUNT, top]);
});

test('it refuses each of 1,000 random edits', async () => {
  const few = entries.slice(0, 20);
  const mark = { ...markOf({ ...whole, entries: few }), floor: '118', recent: [] };
  const file = fileOf('few.ledger', await exportText({ entries: few, marks: [mark] }));
  assert.deepEqual(reader('--edits', '1000', file).answer, { edits: 1_000, taken: [] });
});
