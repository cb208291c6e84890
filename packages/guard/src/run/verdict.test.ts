import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyNameOf } from '../custody/key-name.ts';
import type { SlotFacts } from '../restart/slots.ts';
import { awaitVotes, type VoteReturn } from '../restart/votes.ts';
import { DEFAULT_RULES, decideKeys, type Facts } from './verdict.ts';

const nameOf = (kind: string) =>
  keyNameOf(`${Buffer.from(kind).toString('hex')}${'ab'.repeat(32)}`) ?? assert.fail(kind);
const NAMES = ['babe', 'gran', 'audi'].map(nameOf);
const DEAD_AT = 1_000_000;
const OPEN_SLOT: SlotFacts = { now: 100n, mark: 120n, own: true, began: 90n };
const FREE: VoteReturn = { phase: 'free', by: null, reason: null };
const waiting = awaitVotes(DEAD_AT, null);
const clone: VoteReturn =
  waiting.phase === 'waiting'
    ? { ...waiting, phase: 'clone', seenBy: 'node-1', at: { setId: 1n, round: 2n } }
    : assert.fail();

const UNDECIDED: Facts = {
  check: { state: 'not-asked' },
  continuity: null,
  votes: waiting,
  slots: OPEN_SLOT,
  nowMs: DEAD_AT,
  standby: null,
};

function decided(of: Partial<Facts>): readonly string[] {
  const facts: Facts = { ...UNDECIDED, ...of };
  return decideKeys(NAMES, facts, DEFAULT_RULES).verdicts.map(({ name, state }) => `${name.kind} ${state}`);
}

const { listenMs } = DEFAULT_RULES;
const PROVEN = { continuity: { state: 'proven' } } as const;
const REFUSED = ['babe refused', 'gran refused', 'audi open'];
const AUTHORS = ['babe open', 'gran waiting', 'audi open'];
const WAIT = ['babe waiting', 'gran waiting', 'audi open'];

/** Facts, and the decision for each key. */
const ROWS: Readonly<Record<string, readonly [of: Partial<Facts>, expected: readonly string[]]>> = {
  'an unclean stop: harmless keys only': [{}, WAIT],
  'a standby, whatever else is safe: none': [
    { ...PROVEN, standby: 'alpha is active since term 7', votes: FREE },
    ['babe waiting', 'gran waiting', 'audi waiting'],
  ],
  'votes that wait for nearly a minute': [{ nowMs: DEAD_AT + listenMs - 1 }, WAIT],
  'votes that wait for a minute: keys that author': [{ nowMs: DEAD_AT + listenMs }, AUTHORS],
  'votes that are free: all': [{ votes: FREE }, ['babe open', 'gran open', 'audi open']],
  'the database of just before: keys that author, and none that vote': [PROVEN, AUTHORS],
  'a clone: none that authors or votes': [{ votes: clone }, REFUSED],
  'a clone, after a minute as well': [{ votes: clone, nowMs: DEAD_AT + 3_600_000 }, REFUSED],
  'a clone beside the database of just before': [{ ...PROVEN, votes: clone }, REFUSED],
  'slots that are not known: none that authors': [
    { votes: FREE, slots: null },
    ['babe waiting', 'gran open', 'audi open'],
  ],
  'a clock at the durable mark: none that authors': [
    { votes: FREE, slots: { ...OPEN_SLOT, now: 120n } },
    ['babe refused', 'gran open', 'audi open'],
  ],
  'a mark of another process: none that authors': [
    { votes: FREE, slots: { ...OPEN_SLOT, own: false } },
    ['babe waiting', 'gran open', 'audi open'],
  ],
};

for (const [name, [of, expected]] of Object.entries(ROWS))
  test(`keys are decided for ${name}`, () => assert.deepEqual(decided(of), expected));

test('a durable mark is asked for only when the key of an author may be placed', () => {
  const slots = { ...OPEN_SLOT, mark: null, own: false };
  const markOf = (of: Partial<Facts>) =>
    decideKeys(NAMES, { ...UNDECIDED, slots, ...of }, DEFAULT_RULES).writeMark;
  assert.equal(markOf({}), null);
  assert.equal(markOf({ votes: FREE }), 120n);
});
