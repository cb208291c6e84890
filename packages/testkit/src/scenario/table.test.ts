import assert from 'node:assert/strict';
import test from 'node:test';
import type { ScenarioRow } from './run.ts';
import { breaches } from './table.ts';

const GOOD: ScenarioRow = {
  scenario: 'calm',
  what: 'nothing happens',
  seconds: 13,
  due: 4,
  missed: 1,
  lost: 0,
  equivocations: { blocks: 0, votes: 0, offences: 0 },
  blocks: 3,
  votes: 20,
  takeover: null,
  beefy: null,
  longestFinalityGapMs: 2_000,
  ownEnds: [],
  faults: [],
};

test('a row of a machine that signs once keeps the promise', () => {
  assert.deepEqual(breaches(GOOD), []);
});

const CASES: readonly (readonly [string, Partial<ScenarioRow>, RegExp])[] = [
  ['two headers', { equivocations: { blocks: 1, votes: 0, offences: 0 } }, /1 slots with two headers/],
  ['two votes', { equivocations: { blocks: 0, votes: 2, offences: 0 } }, /2 votes with two targets/],
  ['an offence', { equivocations: { blocks: 0, votes: 0, offences: 1 } }, /1 offences on the chain/],
  ['a gap of the observer', { faults: ['gone'] }, /could not see everything: gone/],
  ['a gate that never seals', { missed: 4, blocks: 0 }, /each of 4 due slots/],
  ['the same, restarted', { scenario: 'restarted', missed: 4, blocks: 0 }, /each of 4 due slots/],
  ['a gate that never votes', { votes: 0 }, /never voted/],
  [
    'a gate without BEEFY votes',
    { scenario: 'beefy-needed', beefy: { votes: 0, blocks: 8 } },
    /the service granted no vote/,
  ],
  ['finality that stands', { longestFinalityGapMs: 13_000 }, /finality stood for 13000 ms of 13 s/],
];

for (const [name, change, why] of CASES)
  test(`${name} breaks it`, () => {
    const found = breaches({ ...GOOD, ...change });
    assert.equal(found.length, 1);
    assert.match(found[0] ?? '', why);
  });

test('slots are missed while the only service is down, or where one slot was due', () => {
  assert.deepEqual(breaches({ ...GOOD, scenario: 'service-killed', missed: 4, blocks: 0 }), []);
  assert.deepEqual(breaches({ ...GOOD, due: 1, missed: 1, blocks: 0 }), []);
});
