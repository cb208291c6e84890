import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pointOf } from '../../rule/index.ts';
import type { Basis } from './asked.ts';
import { basisOf, DEADLINE_MS, FREE, failed, OWN, onRead, SEAL, short } from './testing/claim.ts';
import { fakeClaim, kinds, only, transacting } from './testing/fake-claim.ts';

describe('memories', () => {
  const remembers = (...grants: Basis['remembered']['grants']) => ({
    remembered: { point: pointOf(OWN.mark), grants },
  });

  test('the own memory that a linearizable read contradicts ends the session', async () => {
    const claim = fakeClaim();
    assert.deepEqual(await claim.calls(...onRead(basisOf(FREE, remembers()))), ['store-behind', 'tell']);
    assert.deepEqual(claim.told.map(short), ['denied:store-behind']);
  });

  test('a repeat with another digest than the own ledger has ends the session', async () => {
    const claim = fakeClaim();
    const line = { part: 'seal', digest: '0f'.repeat(32), nonce: 'lost', service: 'x' } as const;
    assert.deepEqual(await claim.calls(...onRead(basisOf(OWN, remembers(line)))), ['store-behind', 'tell']);
    assert.deepEqual(claim.told.map(short), ['denied:store-behind']);
  });

  test('the word of a node that is not listed reports nothing', async () => {
    const stranger = { ...SEAL, owner: { node: 'c', incarnation: 'x' } };
    const claim = fakeClaim(stranger, { said: { kind: 'word', point: pointOf(OWN.mark) } });
    assert.equal(await claim.answer(...onRead(basisOf(FREE))), 'denied:not-listed');
  });

  test('a word that this ledger did not write is refused, and logged', async () => {
    const claim = fakeClaim(SEAL, { said: { kind: 'refused', why: 'forged' } });
    const calls = await claim.send(...onRead(basisOf(FREE)));
    assert.deepEqual(kinds(calls), ['log-refused-word', 'tell']);
    assert.match(only(calls, 'log-refused-word').detail, /babe: forged$/);
    assert.deepEqual(claim.told.map(short), ['denied:word-refused']);
  });

  test('a gap holds no key: the claim alone is unknown', async () => {
    const point = { ...pointOf(OWN.mark), unit: [1n], top: [9n], hash: 'f'.repeat(64), nonce: 'x' };
    const floor = { mark: { ...FREE.mark, floor: [5n] }, headText: 'x' };
    const claim = fakeClaim(SEAL, { said: { kind: 'word', point } });
    assert.deepEqual(await claim.calls(...onRead(basisOf(floor))), ['tell']);
    assert.deepEqual(claim.told.map(short), ['unknown:session-checking']);
  });
});

describe('a fault', () => {
  const silent = { of: 'store', silent: true, why: 'no answer' } as const;

  test('of the store before its deadline is tried again, without the attempt', async () => {
    const claim = await transacting();
    assert.deepEqual(await claim.calls(failed(3, silent)), ['wait']);
    assert.equal(claim.state.attempts.size, 0);
  });

  test('of the store with no time left, or one that stays, is unknown', async () => {
    for (const event of [failed(DEADLINE_MS - 50, silent), failed(3, { ...silent, silent: false })])
      assert.equal(await (await transacting()).answer(event), 'unknown:store-unavailable');
  });
});
