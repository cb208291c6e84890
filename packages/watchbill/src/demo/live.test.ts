import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schedule } from './chain.ts';
import { dueUnits } from './due.ts';
import { liveCount } from './live.ts';
import type { Signature } from './record.ts';
import { tally } from './tally.ts';

const chain = schedule({
  chain: '0x00',
  slotMs: 1_000,
  epochSlots: 20,
  roundSlots: 2,
  genesisSlot: 100,
  randomness: 'ef'.repeat(32),
  authorities: ['a', 'b'],
});

/** Signs everything due but every seventh unit. */
function history(untilMs: number): readonly Signature[] {
  const due = dueUnits(chain, { fromMs: 100_000, untilMs });
  const kept = due.filter((_, index) => index % 7 !== 0);
  const all = kept.flatMap(({ key, duty, unit, parts, startMs }) =>
    parts.map((part) => {
      return {
        atMs: startMs + 300,
        node: `node-${key}`,
        incarnation: 'one',
        key,
        duty,
        unit,
        part,
        digest: '0xaa',
      };
    }),
  );
  return all.sort((a, b) => a.atMs - b.atMs);
}

test('counting step by step gives what counting once gives', () => {
  const endMs = 700_000;
  const all = history(endMs);
  const counter = liveCount(chain, 100_000);
  let last = counter.update({ signatures: [], unreadable: [] }, 100_000);
  for (let nowMs = 101_300; nowMs <= endMs; nowMs += 1_300) {
    const added = all.filter((one) => one.atMs > nowMs - 1_300 && one.atMs <= nowMs);
    last = counter.update({ signatures: added, unreadable: [] }, nowMs);
  }
  last = counter.update({ signatures: [], unreadable: [] }, endMs);
  const once = tally(
    { signatures: all, unreadable: [] },
    dueUnits(chain, { fromMs: 100_000, untilMs: endMs }),
    [],
  );
  assert.ok(once.missed > 20);
  assert.deepEqual([last.duties, last.due, last.missed], [once.duties, once.due, once.missed]);
});

test('a conflict is shown once and stays', () => {
  const counter = liveCount(chain, 100_000);
  const one = {
    atMs: 100_100,
    node: 'x',
    incarnation: 'one',
    key: 'a',
    duty: 'babe',
    unit: '100',
    part: 'seal',
  };
  const pair = [
    { ...one, digest: '0x01' },
    { ...one, digest: '0x02' },
  ];
  assert.equal(counter.update({ signatures: pair, unreadable: [] }, 100_200).conflicts, 1);
  assert.equal(counter.update({ signatures: [], unreadable: [] }, 900_000).conflicts, 1);
});
