import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHAIN, KEY, OTHER_KEY } from '../names.ts';
import type { Feature } from '../plan/features.ts';
import type { SimEvent } from '../world/history.ts';
import { grantedBelowBase } from './bases.ts';
import { grantedUnderOldEpoch } from './epochs.ts';
import { answer, at, lost, operator, planOf, restore, SERVICE, session, TERMS, write } from './fixture.ts';
import { fallenFloor } from './floors.ts';
import { ORACLES } from './judge.ts';
import type { Oracle } from './oracle.ts';
import { deniedByBase, grantedAheadOfBlocks, grantedPastUnit } from './past-units.ts';
import { brokenPromise } from './promises.ts';
import { grantedToRemoved, grantedWhileFrozen } from './rosters.ts';
import { grantedAfterClockStep, grantedAfterFork, grantedInLostSession, toldAfterDrop } from './sessions.ts';
import { adoptedBelowWord, grantedWhileBehind } from './store-behind.ts';
import { grantedWithoutCompare } from './transactions.ts';
import { deniedVote } from './votes.ts';
import { grantedAgainstWord, heardForgedWord } from './words.ts';

/** A history that breaks a promise, and the same one with the reason why it would be right. */
interface Example {
  readonly oracle: Oracle;
  readonly promise: string;
  readonly name: string;
  readonly wrong: readonly SimEvent[];
  readonly right: readonly SimEvent[];
  readonly features?: readonly Feature[];
}

const MARK = `${CHAIN}/${KEY}/babe`;
const round = { duty: 'grandpa', unit: '5/3600', part: 'enter', digest: null } as const;
const enter = { duty: 'grandpa', unit: '5/3600', parts: ['enter'], digest: null, term: '1' } as const;
const marks = (atMs: number, floor: string): SimEvent => ({
  kind: 'marks',
  startedMs: at(atMs - 1),
  atMs: at(atMs),
  marks: new Map([[MARK, { seq: 2n, floor, units: new Set<string>() }]]),
});
const asked = (seq: bigint): SimEvent => ({
  kind: 'asked',
  atMs: at(15),
  service: SERVICE,
  remembers: new Map([[MARK, seq]]),
});
const told = answer(20, { head: { epoch: 'e1', seq: '2', hash: 'h2' } });
const behind = answer(10, { outcome: 'denied', reason: 'store-behind' }, { said: 'word', word: lost('h2') });
const clock = (byMs: number, ms = 1_000): SimEvent => ({
  kind: 'clock',
  atMs: at(ms),
  service: SERVICE,
  byMs,
});
const fork: SimEvent = { kind: 'fork', atMs: at(10), service: SERVICE, mark: MARK };
const record: SimEvent = { kind: 'record', atMs: at(12), key: 'doubt/x', text: '{"hash":"h2"}' };
const denial = answer(30, { ...round, part: 'prevote', outcome: 'denied', reason: 'unit-taken' });

const EXAMPLES: readonly Example[] = [
  {
    oracle: brokenPromise,
    promise: 'I',
    name: 'two digests of one vote',
    wrong: ['0x0a', '0x0b'].map((digest, index) =>
      answer(10 + index, { duty: 'grandpa', unit: '5/3600', part: 'prevote', digest }),
    ),
    right: [answer(10, { duty: 'grandpa', unit: '5/3600', part: 'prevote' })],
  },
  {
    oracle: brokenPromise,
    promise: 'J',
    name: 'one slot to two starts',
    wrong: ['i1', 'i2'].map((incarnation, index) => answer(10 + index, { incarnation })),
    right: [answer(10, {})],
  },
  {
    oracle: brokenPromise,
    promise: 'K',
    name: 'a grant that no disk holds',
    wrong: [answer(10, {}, { durable: false })],
    right: [answer(10, {})],
  },
  {
    oracle: fallenFloor,
    promise: 'M',
    name: 'a floor falls',
    wrong: [marks(10, '1800'), marks(20, '1700')],
    right: [marks(10, '1800'), restore(15), marks(20, '1700')],
  },
  {
    oracle: grantedWithoutCompare,
    promise: 'T',
    name: 'another entry was the last one',
    wrong: [write(10, { before: 'other' })],
    right: [write(10)],
  },
  {
    oracle: grantedWithoutCompare,
    promise: 'T',
    name: 'the policy does not list the node',
    wrong: [write(10, { store: { ...write(10).store, roster: ['b'] } })],
    right: [write(10)],
  },
  {
    oracle: grantedWithoutCompare,
    promise: 'T',
    name: 'the policy froze the key',
    wrong: [write(10, { store: { ...write(10).store, frozen: true } })],
    right: [write(10)],
  },
  {
    oracle: grantedWithoutCompare,
    promise: 'T',
    name: 'the service has no session',
    wrong: [write(10, { store: { ...write(10).store, session: false } })],
    right: [write(10)],
  },
  {
    oracle: grantedWithoutCompare,
    promise: 'T',
    name: 'the epoch is another one',
    wrong: [write(10, { store: { ...write(10).store, epoch: 'e2' } })],
    right: [write(10)],
  },
  {
    oracle: grantedWithoutCompare,
    promise: 'T',
    name: 'the watch has moved on',
    wrong: [write(10, { ...enter, store: { ...write(10).store, holder: 'b', term: '2' } })],
    right: [write(10, enter)],
  },
  {
    oracle: grantedInLostSession,
    promise: 'N',
    name: 'a grant after a restore in the old session',
    wrong: [session(1), restore(10), write(20)],
    right: [session(1), restore(10), session(15), write(20)],
  },
  {
    oracle: toldAfterDrop,
    promise: 'D',
    name: 'a grant of the session before is told',
    wrong: [write(10), session(15), told],
    right: [session(5), write(10), told],
  },
  {
    oracle: toldAfterDrop,
    promise: 'D',
    name: 'a grant is told that a peer was not',
    wrong: [write(10), asked(1n), told],
    right: [write(10), asked(2n), told],
  },
  {
    oracle: grantedAfterClockStep,
    promise: 'C',
    name: 'a grant after a step of the clock',
    wrong: [session(1), clock(3_600_000), answer(1_100, {})],
    right: [session(1), clock(3_600_000), session(1_050), answer(1_100, {})],
  },
  {
    oracle: grantedAfterClockStep,
    promise: 'C',
    name: 'a grant after a step of the clock whose end alone is certain to be of the session',
    wrong: [session(900), clock(3_600_000), clock(-7_200_000, 1_300), answer(1_400, {})],
    right: [session(900), clock(3_600_000), clock(-3_600_000, 1_300), answer(1_400, {})],
  },
  {
    oracle: grantedAfterFork,
    promise: 'F',
    name: 'a grant after a fork',
    wrong: [session(1), fork, answer(20, {})],
    right: [fork, session(15), answer(20, {})],
  },
  {
    oracle: grantedAgainstWord,
    promise: 'N',
    name: 'a grant against the word of its claim',
    wrong: [answer(20, {}, { said: 'word', word: lost('h2') })],
    right: [
      operator(10, { act: 'release', released: 'h2' }),
      answer(20, {}, { said: 'word', word: lost('h2') }),
    ],
  },
  {
    oracle: heardForgedWord,
    promise: 'W',
    name: 'a forged word holds keys',
    wrong: [answer(10, { outcome: 'denied' }, { word: lost('x', { isForged: true, isReported: true }) })],
    right: [
      answer(10, { outcome: 'denied', reason: 'word-refused' }, { word: lost('x', { isForged: true }) }),
    ],
  },
  {
    oracle: grantedWhileBehind,
    promise: 'N',
    name: 'a grant of another key while a word is held',
    wrong: [behind, operator(15, { key: KEY }), answer(20, { key: OTHER_KEY })],
    right: [behind, operator(15, { key: KEY }), answer(20, { key: KEY })],
  },
  {
    oracle: grantedWhileBehind,
    promise: 'N',
    name: 'a word that is heard after another one was released, and the released one again',
    wrong: [operator(5, { act: 'release', released: 'h9' }), behind, answer(30, {})],
    right: [operator(5, { act: 'release', released: 'h2' }), behind, answer(30, {})],
  },
  {
    oracle: adoptedBelowWord,
    promise: 'O',
    name: 'a floor below a held word',
    wrong: [write(5), behind, record, operator(20, { floors: { babe: '1800' } })],
    right: [write(5), behind, record, operator(20, { floors: { babe: '1801' } })],
  },
  {
    oracle: grantedToRemoved,
    promise: 'R',
    name: 'a node that no policy lists',
    wrong: [answer(10, {}, { terms: [{ ...TERMS, roster: ['b'] }] })],
    right: [answer(10, {}, { terms: [{ ...TERMS, roster: ['b'] }, TERMS] })],
  },
  {
    oracle: grantedWhileFrozen,
    promise: 'Z',
    name: 'a seal is repeated while its key is frozen',
    wrong: [answer(10, { reason: 'repeat' }, { terms: [{ ...TERMS, frozen: true }] })],
    right: [answer(10, { reason: 'repeat' }, { terms: [TERMS, { ...TERMS, frozen: true }] })],
  },
  {
    oracle: grantedBelowBase,
    promise: 'B',
    name: 'a slot of before the restore',
    wrong: [restore(5_000), write(5_500, { unit: '1801' })],
    right: [restore(5_000), write(9_500, { unit: '1804' })],
  },
  {
    oracle: grantedPastUnit,
    promise: 'S',
    name: 'a slot of a minute ago',
    wrong: [write(60_000, { unit: '1801' })],
    right: [write(60_000, { unit: '1830' })],
  },
  {
    oracle: grantedAheadOfBlocks,
    promise: 'S',
    name: 'a slot of the next minute',
    wrong: [write(60_000, { unit: '1848' })],
    right: [write(60_000, { unit: '1846' })],
    features: ['wrong-clocks'],
  },
  {
    oracle: deniedByBase,
    promise: 'G',
    name: 'a unit lost to the base in a quiet run',
    wrong: [answer(10, { ...round, outcome: 'denied', reason: 'unit-past' })],
    right: [answer(10, { ...round, outcome: 'denied', reason: 'unit-taken' })],
    features: ['rolling-restarts'],
  },
  {
    oracle: deniedVote,
    promise: 'V',
    name: 'a vote denied after its enter',
    wrong: [answer(10, round), denial],
    right: [answer(10, round), write(20, { ...enter, incarnation: 'i2' }), denial],
  },
  {
    oracle: deniedVote,
    promise: 'V',
    name: 'a vote denied before an adoption began, and one while it was under way',
    wrong: [answer(10, round), denial, operator(60, { startedMs: at(31), key: KEY })],
    right: [answer(10, round), denial, operator(60, { startedMs: at(29), key: KEY })],
  },
  {
    oracle: deniedVote,
    promise: 'V',
    name: 'a vote denied long after an adoption, and after one without a certain answer',
    wrong: [operator(5, { startedMs: at(1), key: KEY }), answer(20, round), denial],
    right: [operator(5, { startedMs: at(1), key: KEY, error: 'not certain' }), answer(20, round), denial],
  },
  {
    oracle: grantedUnderOldEpoch,
    promise: 'E',
    name: 'a mark of an older epoch',
    wrong: [{ kind: 'epoch', atMs: at(5) }, answer(20, {})],
    right: [{ kind: 'epoch', atMs: at(5) }, operator(10, { key: KEY }), answer(20, {})],
  },
];

for (const { oracle, promise, name, wrong, right, features = [] } of EXAMPLES) {
  test(`${promise} judges: ${name}`, () => {
    const plan = planOf(...features);
    assert.equal(oracle(wrong, plan)?.promise, promise);
    assert.equal(oracle(right, plan), null);
  });
}

test('every oracle has an example', () => {
  assert.deepEqual(new Set(EXAMPLES.map(({ oracle }) => oracle)), new Set(ORACLES));
});
