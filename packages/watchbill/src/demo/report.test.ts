import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { DueUnit } from './due.ts';
import type { Signature } from './record.ts';
import { tallyJson, tallyText } from './report.ts';
import { tally } from './tally.ts';

const KEY = `0x${'ab'.repeat(32)}`;
const slot = (unit: number): DueUnit => {
  return {
    key: KEY,
    duty: 'babe',
    unit: String(unit),
    parts: ['seal'],
    startMs: unit,
    deadlineMs: unit + 10,
  };
};
const sealed = (unit: number, digest: string): Signature => {
  const about = { key: KEY, duty: 'babe', unit: String(unit), part: 'seal', digest };
  return { atMs: unit, node: 'alpha-1', incarnation: 'start-one', ...about };
};
const due = Array.from({ length: 20 }, (_, index) => slot(index));
const outage = { node: 'alpha-1', key: KEY, pid: 77, atMs: 19, backMs: 19, planned: true };
const records = { signatures: [sealed(1, '0x01'), sealed(1, '0x02'), sealed(2, '0x03')], unreadable: [] };
const result = tally(records, due, [{ ...outage, atMs: 29, backMs: 29 }]);

test('the last line is the promised one', () => {
  const text = tallyText(result, '/records');
  assert.ok(text.endsWith('\nduties 2, conflicts 1, missed 18\n'), text);
  assert.match(text, /CONFLICT key 0xabababab babe 1 seal: alpha-1 .*0x01 and alpha-1 .*0x02/);
  assert.match(text, /alpha-1 pid 77 killed: missed babe 19/);
  assert.match(text, /missed without the end of a process: key 0xabababab babe 0\n/);
  assert.match(text, /and 5 more of these/);
});

test('the README shows the last line in this form', () => {
  const page = readFileSync(new URL('../../../../README.md', import.meta.url), 'utf8');
  const shown = page.split('\n').find((line) => line.startsWith('duties ')) ?? '';
  const [duties, conflicts, missed] = (shown.match(/\d+/g) ?? []).map(Number);
  assert.equal(conflicts, 0);
  const last = tallyText({ ...result, duties: duties ?? 0, conflicts: 0, missed: missed ?? 0 }, null);
  assert.ok(last.endsWith(`\n${shown}\n`), shown);
});

test('the object begins with the promised fields and names every kill and miss', () => {
  const json = tallyJson(result);
  assert.deepEqual(Object.entries(json).slice(0, 3), [
    ['duties', 2],
    ['conflicts', 1],
    ['missed', 18],
  ]);
  const kills = json.kills as readonly { missed: readonly string[] }[];
  assert.deepEqual(
    kills.map((kill) => kill.missed),
    [['babe 19']],
  );
  assert.equal((json.unexplained as readonly string[]).length, 17);
});
