import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
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

describe('the decision for each key', () => {
  it('places only harmless keys after an unclean stop', () => {
    assert.deepEqual(decided({}), ['babe waiting', 'gran waiting', 'audi open']);
  });

  it('places no key on a standby, whatever else is safe', () => {
    const standby = 'alpha is active since term 7';
    const all = ['babe waiting', 'gran waiting', 'audi waiting'];
    assert.deepEqual(decided({ standby, continuity: { state: 'proven' }, votes: FREE }), all);
  });

  it('places keys that author after a minute, although votes still wait', () => {
    const { listenMs } = DEFAULT_RULES;
    assert.deepEqual(decided({ nowMs: DEAD_AT + listenMs - 1 }).at(0), 'babe waiting');
    assert.deepEqual(decided({ nowMs: DEAD_AT + listenMs }), ['babe open', 'gran waiting', 'audi open']);
  });

  it('places all once votes are free', () => {
    assert.deepEqual(decided({ votes: FREE }), ['babe open', 'gran open', 'audi open']);
  });

  it('places keys that author if the database is that of just before, and none that vote', () => {
    assert.deepEqual(decided({ continuity: { state: 'proven' } }), [
      'babe open',
      'gran waiting',
      'audi open',
    ]);
  });

  it('keeps keys that author and vote away from a clone, also after a minute', () => {
    const refused = ['babe refused', 'gran refused', 'audi open'];
    assert.deepEqual(decided({ votes: clone }), refused);
    assert.deepEqual(decided({ votes: clone, nowMs: DEAD_AT + 3_600_000 }), refused);
    assert.deepEqual(decided({ votes: clone, continuity: { state: 'proven' } }), refused);
  });

  it('keeps keys that author away outside of the durable slots', () => {
    assert.equal(decided({ votes: FREE, slots: null }).at(0), 'babe waiting');
    assert.equal(decided({ votes: FREE, slots: { ...OPEN_SLOT, now: 120n } }).at(0), 'babe refused');
    assert.equal(decided({ votes: FREE, slots: { ...OPEN_SLOT, own: false } }).at(0), 'babe waiting');
  });

  it('asks for a durable mark only when the key of an author may be placed', () => {
    const slots = { ...OPEN_SLOT, mark: null, own: false };
    const markOf = (of: Partial<Facts>) =>
      decideKeys(NAMES, { ...UNDECIDED, slots, ...of }, DEFAULT_RULES).writeMark;
    assert.equal(markOf({}), null);
    assert.equal(markOf({ votes: FREE }), 120n);
  });
});
