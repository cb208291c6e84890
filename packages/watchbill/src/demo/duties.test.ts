import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { schedule } from './chain.ts';
import { target, voteInRounds } from './duties.ts';
import type { Ask, Gate, GateAnswer } from './gate.ts';

const chain = schedule({
  chain: '0x00',
  slotMs: 1_000,
  epochSlots: 20,
  roundSlots: 2,
  genesisSlot: 100,
  randomness: '01'.repeat(32),
  authorities: ['a', 'b', 'c'],
});

/** Runs rounds until the first ask of round `until`, and returns all asks. */
async function asked(
  answer: (ask: Ask, count: number) => GateAnswer,
  until: number,
): Promise<readonly string[]> {
  const clock = createVirtualClock({ startMs: 100_500, flowing: true });
  const stop = new AbortController();
  const log: string[] = [];
  const take = async (ask: Ask): Promise<GateAnswer> => {
    if (ask.unit === `0/${until}`) stop.abort();
    if (stop.signal.aborted) return { outcome: 'denied', reason: 'off-watch' };
    log.push(`${ask.unit} ${ask.part}${ask.term === null ? '' : ` term ${ask.term}`}`);
    return answer(ask, log.length);
  };
  const gate: Gate = { claim: take, sign: take };
  const parts = { schedule: chain, clock, gate, authority: 2, view: 'v', signal: stop.signal };
  await voteInRounds({ ...parts, term: () => String(log.length + 1) });
  clock.halt();
  return log;
}

test('an active node enters, proposes where it is primary, prevotes and precommits', async () => {
  const log = await asked(() => ({ outcome: 'granted' }), 4);
  const round = (unit: string, parts: string) => parts.split(' ').map((part) => `${unit} ${part}`);
  const plain = log.map((line) => line.replace(/ term .*/, ''));
  assert.deepEqual(
    plain.filter((line) => line.startsWith('0/2')),
    round('0/2', 'enter propose prevote precommit'),
  );
  assert.deepEqual(
    plain.filter((line) => line.startsWith('0/3')),
    round('0/3', 'enter prevote precommit'),
  );
});

test('a node that is not let in abstains for the whole round', async () => {
  const log = await asked(() => ({ outcome: 'denied', reason: 'unit-taken' }), 4);
  assert.deepEqual(log, ['0/2 enter term 1', '0/3 enter term 2']);
});

test('while the watch may still come, the node asks again under the term of then, and no longer than its deadline', async () => {
  const log = await asked((_ask, count) => {
    return count < 3 ? { outcome: 'denied', reason: 'watch-moved' } : { outcome: 'granted' };
  }, 3);
  assert.deepEqual(log.slice(0, 3), ['0/2 enter term 1', '0/2 enter term 2', '0/2 enter term 3']);
  assert.ok(log.some((line) => line.startsWith('0/2 prevote')));
  const never = await asked(() => ({ outcome: 'denied', reason: 'off-watch' }), 3);
  assert.ok(never.length > 1 && never.length < 60, `${never.length}`);
  assert.ok(never.every((line) => line.startsWith('0/2 enter')));
});

test('without a granted prevote there is no precommit', async () => {
  const log = await asked((ask) => {
    return ask.part === 'prevote' ? { outcome: 'unknown' } : { outcome: 'granted' };
  }, 4);
  assert.deepEqual(
    log.filter((line) => line.includes('precommit')),
    [],
  );
});

test('a target is 40 bytes, and two views never share one', () => {
  const round = chain.roundAt(104_000);
  assert.match(target('one', round), /^0x[0-9a-f]{64}0000000000000004$/);
  assert.notEqual(target('one', round), target('two', round));
});

test('without a known term no claim is sent', async () => {
  const clock = createVirtualClock({ startMs: 100_500, flowing: true });
  const stop = new AbortController();
  const take = (): never => assert.fail('asked without a term');
  const gate: Gate = { claim: take, sign: take };
  const term = () => {
    if (clock.nowMs() > 110_000) stop.abort();
    return null;
  };
  const parts = { schedule: chain, clock, gate, authority: 2, view: 'v', term };
  await voteInRounds({ ...parts, signal: stop.signal });
  clock.halt();
  assert.ok(clock.nowMs() > 110_000);
});
