import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHAIN, KEY, OTHER_KEY } from '../names.ts';
import type { Feature } from '../plan/features.ts';
import type { SimEvent, WriteEvent } from '../world/history.ts';
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
const other = { ...behind, word: lost('h3'), reply: { ...behind.reply, message: 'rollback report r' } };
const clock = (byMs: number, ms = 1_000): SimEvent => ({
  kind: 'clock',
  atMs: at(ms),
  service: SERVICE,
  byMs,
});
const fork: SimEvent = { kind: 'fork', atMs: at(10), service: SERVICE, mark: MARK };
const record: SimEvent = { kind: 'record', atMs: at(12), key: 'doubt/x', text: '{"hash":"h2"}' };
const denial = answer(30, { ...round, part: 'prevote', outcome: 'denied', reason: 'unit-taken' });

/** A grant is written although the store is like this. */
const wroteWith = (store: Partial<WriteEvent['store']>): Example => ({
  oracle: grantedWithoutCompare,
  wrong: [write(10, { store: { ...write(10).store, ...store } })],
  right: [write(10)],
});

/** The letter of the broken promise comes first. */
const EXAMPLES: Readonly<Record<string, Example>> = {
  'I: two digests of one vote': {
    oracle: brokenPromise,
    wrong: ['0x0a', '0x0b'].map((digest, index) =>
      answer(10 + index, { duty: 'grandpa', unit: '5/3600', part: 'prevote', digest }),
    ),
    right: [answer(10, { duty: 'grandpa', unit: '5/3600', part: 'prevote' })],
  },
  'J: one slot to two starts': {
    oracle: brokenPromise,
    wrong: ['i1', 'i2'].map((incarnation, index) => answer(10 + index, { incarnation })),
    right: [answer(10, {})],
  },
  'K: a grant that no disk holds': {
    oracle: brokenPromise,
    wrong: [answer(10, {}, { durable: false })],
    right: [answer(10, {})],
  },
  'M: a floor falls': {
    oracle: fallenFloor,
    wrong: [marks(10, '1800'), marks(20, '1700')],
    right: [marks(10, '1800'), restore(15), marks(20, '1700')],
  },
  'T: another entry was the last one': {
    oracle: grantedWithoutCompare,
    wrong: [write(10, { before: 'other' })],
    right: [write(10)],
  },
  'T: the policy does not list the node': wroteWith({ roster: ['b'] }),
  'T: the policy froze the key': wroteWith({ frozen: true }),
  'T: the service has no session': wroteWith({ session: false }),
  'T: the epoch is another one': wroteWith({ epoch: 'e2' }),
  'T: the watch has moved on': {
    oracle: grantedWithoutCompare,
    wrong: [write(10, { ...enter, store: { ...write(10).store, holder: 'b', term: '2' } })],
    right: [write(10, enter)],
  },
  'N: a grant after a restore in the old session': {
    oracle: grantedInLostSession,
    wrong: [session(1), restore(10), write(20)],
    right: [session(1), restore(10), session(15), write(20)],
  },
  'D: a grant of the session before is told': {
    oracle: toldAfterDrop,
    wrong: [write(10), session(15), told],
    right: [session(5), write(10), told],
  },
  'D: a grant is told that a peer was not': {
    oracle: toldAfterDrop,
    wrong: [write(10), asked(1n), told],
    right: [write(10), asked(2n), told],
  },
  'C: a grant after a step of the clock': {
    oracle: grantedAfterClockStep,
    wrong: [session(1), clock(3_600_000), answer(1_100, {})],
    right: [session(1), clock(3_600_000), session(1_050), answer(1_100, {})],
  },
  'C: a grant after a step of the clock whose end alone is certain to be of the session': {
    oracle: grantedAfterClockStep,
    wrong: [session(900), clock(3_600_000), clock(-7_200_000, 1_300), answer(1_400, {})],
    right: [session(900), clock(3_600_000), clock(-3_600_000, 1_300), answer(1_400, {})],
  },
  'F: a grant after a fork': {
    oracle: grantedAfterFork,
    wrong: [session(1), fork, answer(20, {})],
    right: [fork, session(15), answer(20, {})],
  },
  'N: a grant against the word of its claim': {
    oracle: grantedAgainstWord,
    wrong: [answer(20, {}, { said: 'word', word: lost('h2') })],
    right: [
      operator(10, { act: 'release', released: 'h2' }),
      answer(20, {}, { said: 'word', word: lost('h2') }),
    ],
  },
  'W: a forged word holds keys': {
    oracle: heardForgedWord,
    wrong: [answer(10, { outcome: 'denied' }, { word: lost('x', { isForged: true, isReported: true }) })],
    right: [
      answer(10, { outcome: 'denied', reason: 'word-refused' }, { word: lost('x', { isForged: true }) }),
    ],
  },
  'N: a grant of another key while a word is held': {
    oracle: grantedWhileBehind,
    wrong: [behind, operator(15, { key: KEY }), answer(20, { key: OTHER_KEY })],
    right: [behind, operator(15, { key: KEY }), answer(20, { key: KEY })],
  },
  'N: a word that is heard after another one was released, and the released one again': {
    oracle: grantedWhileBehind,
    wrong: [operator(5, { act: 'release', released: 'h9' }), behind, answer(30, {})],
    right: [operator(5, { act: 'release', released: 'h2' }), behind, other, answer(30, {})],
  },
  'O: a floor below a held word': {
    oracle: adoptedBelowWord,
    wrong: [write(5), behind, record, operator(20, { floors: { babe: '1800' } })],
    right: [write(5), behind, record, operator(20, { floors: { babe: '1801' } })],
  },
  'R: a node that no policy lists': {
    oracle: grantedToRemoved,
    wrong: [answer(10, {}, { terms: [{ ...TERMS, roster: ['b'] }] })],
    right: [answer(10, {}, { terms: [{ ...TERMS, roster: ['b'] }, TERMS] })],
  },
  'Z: a seal is repeated while its key is frozen': {
    oracle: grantedWhileFrozen,
    wrong: [answer(10, { reason: 'repeat' }, { terms: [{ ...TERMS, frozen: true }] })],
    right: [answer(10, { reason: 'repeat' }, { terms: [TERMS, { ...TERMS, frozen: true }] })],
  },
  'B: a slot of before the restore': {
    oracle: grantedBelowBase,
    wrong: [restore(5_000), write(5_500, { unit: '1801' })],
    right: [restore(5_000), write(9_500, { unit: '1804' })],
  },
  'S: a slot of a minute ago': {
    oracle: grantedPastUnit,
    wrong: [write(60_000, { unit: '1801' })],
    right: [write(60_000, { unit: '1830' })],
  },
  'S: a slot of the next minute': {
    oracle: grantedAheadOfBlocks,
    wrong: [write(60_000, { unit: '1848' })],
    right: [write(60_000, { unit: '1846' })],
    features: ['wrong-clocks'],
  },
  'G: a unit lost to the base in a quiet run': {
    oracle: deniedByBase,
    wrong: [answer(10, { ...round, outcome: 'denied', reason: 'unit-past' })],
    right: [answer(10, { ...round, outcome: 'denied', reason: 'unit-taken' })],
    features: ['rolling-restarts'],
  },
  'V: a vote denied after its enter': {
    oracle: deniedVote,
    wrong: [answer(10, round), denial],
    right: [answer(10, round), write(20, { ...enter, incarnation: 'i2' }), denial],
  },
  'V: a vote denied before an adoption began, and one while it was under way': {
    oracle: deniedVote,
    wrong: [answer(10, round), denial, operator(60, { startedMs: at(31), key: KEY })],
    right: [answer(10, round), denial, operator(60, { startedMs: at(29), key: KEY })],
  },
  'V: a vote denied long after an adoption, and after one without a certain answer': {
    oracle: deniedVote,
    wrong: [operator(5, { startedMs: at(1), key: KEY }), answer(20, round), denial],
    right: [operator(5, { startedMs: at(1), key: KEY, error: 'not certain' }), answer(20, round), denial],
  },
  'E: a mark of an older epoch': {
    oracle: grantedUnderOldEpoch,
    wrong: [{ kind: 'epoch', atMs: at(5) }, answer(20, {})],
    right: [{ kind: 'epoch', atMs: at(5) }, operator(10, { key: KEY }), answer(20, {})],
  },
};

for (const [name, { oracle, wrong, right, features = [] }] of Object.entries(EXAMPLES)) {
  const [promise] = name;
  test(`judges ${name}`, () => {
    const plan = planOf(...features);
    assert.equal(oracle(wrong, plan)?.promise, promise);
    assert.equal(oracle(right, plan), null);
  });
}

test('every oracle has an example', () => {
  assert.deepEqual(new Set(Object.values(EXAMPLES).map(({ oracle }) => oracle)), new Set(ORACLES));
});
