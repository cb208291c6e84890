import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pointOf } from '../../rule/index.ts';
import {
  basisOf,
  DEADLINE_MS,
  FREE,
  failed,
  OWN,
  read,
  recalled,
  SEAL,
  short,
  turn,
} from './testing/claim.ts';
import { fakeClaim, kinds, only, transacting } from './testing/fake-claim.ts';

describe('memories', () => {
  const remembers = (held = OWN) => ({ remembered: { point: pointOf(held.mark), grants: [] } });

  test('the own memory that a linearizable read contradicts ends the session', async () => {
    const claim = fakeClaim();
    const effects = await claim.send(turn(1), recalled(null), read(basisOf(FREE, remembers())));
    assert.deepEqual(kinds(effects), ['store-behind', 'tell']);
    assert.deepEqual(claim.told.map(short), ['denied:store-behind']);
  });

  const line = { part: 'seal', digest: SEAL.digest, nonce: 'lost', service: 'x' } as const;

  test('a repeat with another digest than the own ledger has ends the session', async () => {
    const claim = fakeClaim();
    const grants = [{ ...line, digest: '0f'.repeat(32) }];
    const basis = basisOf(OWN, { remembered: { point: pointOf(OWN.mark), grants } });
    const effects = await claim.send(turn(1), recalled(null), read(basis));
    assert.deepEqual(kinds(effects), ['store-behind', 'tell']);
    assert.deepEqual(claim.told.map(short), ['denied:store-behind']);
  });

  const word = (held = OWN) => ({ kind: 'word', point: pointOf(held.mark) }) as const;

  test('the word of a node that is not listed reports nothing', async () => {
    const stranger = { ...SEAL, owner: { node: 'c', incarnation: 'x' } };
    const claim = fakeClaim(stranger, { said: word() });
    await claim.send(turn(1), recalled(null), read(basisOf(FREE)));
    assert.deepEqual(claim.told.map(short), ['denied:not-listed']);
  });

  test('a word that this ledger did not write is refused, and logged', async () => {
    const claim = fakeClaim(SEAL, { said: { kind: 'refused', why: 'forged' } });
    const effects = await claim.send(turn(1), recalled(null), read(basisOf(FREE)));
    assert.deepEqual(kinds(effects), ['log-refused-word', 'tell']);
    assert.match(only(effects, 'log-refused-word').detail, /babe: forged$/);
    assert.deepEqual(claim.told.map(short), ['denied:word-refused']);
  });

  test('a gap holds no key: the claim alone is unknown', async () => {
    const point = { ...pointOf(OWN.mark), unit: [1n], top: [9n], hash: 'f'.repeat(64), nonce: 'x' };
    const floor = { mark: { ...FREE.mark, floor: [5n] }, headText: 'x' };
    const claim = fakeClaim(SEAL, { said: { kind: 'word', point } });
    const effects = await claim.send(turn(1), recalled(null), read(basisOf(floor)));
    assert.deepEqual(kinds(effects), ['tell']);
    assert.deepEqual(claim.told.map(short), ['unknown:session-checking']);
  });
});

describe('a fault', () => {
  const silent = { of: 'store', silent: true, why: 'no answer' } as const;

  test('of the store before its deadline is tried again, without the attempt', async () => {
    const claim = await transacting();
    assert.deepEqual(kinds(await claim.send(failed(3, silent))), ['wait']);
    assert.equal(claim.state.attempts.size, 0);
  });

  test('of the store with no time left, or one that stays, is unknown', async () => {
    for (const event of [failed(DEADLINE_MS - 50, silent), failed(3, { ...silent, silent: false })]) {
      const claim = await transacting();
      await claim.send(event);
      assert.deepEqual(claim.told.map(short), ['unknown:store-unavailable']);
    }
  });
});
