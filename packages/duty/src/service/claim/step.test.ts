import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pointOf } from '../../rule/index.ts';
import {
  AMBIGUOUS,
  APPLIED,
  appended,
  at,
  basisOf,
  DEADLINE_MS,
  FREE,
  failed,
  fakeClaim,
  kinds,
  OWN,
  only,
  read,
  recalled,
  SEAL,
  short,
  transacted,
  transacting,
  turn,
} from './testing/claim.ts';

test('the step is pure: the same state and event give the same result, and the state stays as it was', () => {
  const claim = transacting();
  const before = claim.state();
  claim.send(transacted(3, APPLIED));
  assert.equal(before.phase.kind, 'transacting');
  const again = transacting();
  assert.deepEqual(again.state(), before);
});

describe('the beginning of a turn', () => {
  test('a service that does not serve grants nothing', () => {
    const claim = fakeClaim();
    claim.send(turn(1, { state: 'checking', detail: 'x' }));
    assert.deepEqual(claim.told.map(short), ['denied:session-lost']);
  });

  test('without a certain session record the claim pauses', () => {
    const claim = fakeClaim();
    const wait = only(claim.send(turn(1, { text: null })), 'wait');
    assert.equal(wait.wakes, 'moment');
    assert.deepEqual(kinds(claim.send({ kind: 'woken', at: at(51) })), ['queue']);
  });

  test('a rollback report holds the key', () => {
    const claim = fakeClaim();
    claim.send({ ...turn(1), report: 'a word is held' });
    assert.deepEqual(claim.told.map(short), ['denied:store-behind']);
  });

  test('after the deadline no work begins', () => {
    const claim = fakeClaim();
    claim.send(turn(DEADLINE_MS));
    assert.deepEqual(claim.told.map(short), ['unknown:deadline']);
  });

  test('the generation is that of the session until the claim may have written', () => {
    const claim = fakeClaim();
    claim.send(turn(1, { generation: 7 }), recalled(basisOf(FREE)), transacted(3, AMBIGUOUS));
    claim.send(turn(4, { generation: 8 }));
    assert.equal(claim.state().generation, 7);
  });
});

describe('memories', () => {
  const remembers = (held = OWN) => ({ remembered: { point: pointOf(held.mark), grants: [] } });

  test('an outdated mark proves nothing: it is read first', () => {
    const claim = fakeClaim();
    assert.deepEqual(kinds(claim.send(turn(1), recalled(basisOf(FREE, remembers())))), ['read']);
    assert.deepEqual(claim.told, []);
  });

  test('the own memory that a linearizable read contradicts ends the session', () => {
    const claim = fakeClaim();
    const effects = claim.send(turn(1), recalled(null), read(basisOf(FREE, remembers())));
    assert.deepEqual(kinds(effects), ['store-behind', 'tell']);
    assert.deepEqual(claim.told.map(short), ['denied:store-behind']);
  });

  const line = { part: 'seal', digest: SEAL.digest, nonce: 'lost', service: 'x' } as const;

  test('a part in the own ledger that the store would grant as new ends the session', () => {
    const claim = fakeClaim();
    const basis = basisOf(FREE, { remembered: { point: pointOf(FREE.mark), grants: [line] } });
    assert.deepEqual(kinds(claim.send(turn(1), recalled(basis))), ['read']);
    assert.deepEqual(kinds(claim.send(read(basis))), ['store-behind', 'tell']);
    assert.deepEqual(claim.told.map(short), ['denied:store-behind']);
  });

  test('a repeat with another digest than the own ledger has ends the session', () => {
    const claim = fakeClaim();
    const grants = [{ ...line, digest: '0f'.repeat(32) }];
    const basis = basisOf(OWN, { remembered: { point: pointOf(OWN.mark), grants } });
    const effects = claim.send(turn(1), recalled(null), read(basis));
    assert.deepEqual(kinds(effects), ['store-behind', 'tell']);
    assert.deepEqual(claim.told.map(short), ['denied:store-behind']);
  });

  const word = (held = OWN) => ({ kind: 'word', point: pointOf(held.mark) }) as const;

  test('a word that the store does not explain is reported before the answer', () => {
    const claim = fakeClaim(SEAL, { said: word() });
    const effects = claim.send(turn(1), recalled(null), read(basisOf(FREE)));
    assert.deepEqual(kinds(effects), ['report']);
    assert.deepEqual(claim.told, []);
    claim.send({ kind: 'reported', report: 'held' });
    assert.deepEqual(claim.told.map(short), ['denied:store-behind']);
  });

  test('the word of a node that is not listed reports nothing', () => {
    const stranger = { ...SEAL, owner: { node: 'c', incarnation: 'x' } };
    const claim = fakeClaim(stranger, { said: word() });
    claim.send(turn(1), recalled(null), read(basisOf(FREE)));
    assert.deepEqual(claim.told.map(short), ['denied:not-listed']);
  });

  test('a word that this ledger did not write is refused, and logged', () => {
    const claim = fakeClaim(SEAL, { said: { kind: 'refused', why: 'forged' } });
    const effects = claim.send(turn(1), recalled(null), read(basisOf(FREE)));
    assert.deepEqual(kinds(effects), ['log-refused-word', 'tell']);
    assert.deepEqual(claim.told.map(short), ['denied:word-refused']);
  });

  test('a gap holds no key: the claim alone is unknown', () => {
    const point = { ...pointOf(OWN.mark), unit: [1n], top: [9n], hash: 'f'.repeat(64), nonce: 'x' };
    const floor = { mark: { ...FREE.mark, floor: [5n] }, headText: 'x' };
    const claim = fakeClaim(SEAL, { said: { kind: 'word', point } });
    const effects = claim.send(turn(1), recalled(null), read(basisOf(floor)));
    assert.deepEqual(kinds(effects), ['tell']);
    assert.deepEqual(claim.told.map(short), ['unknown:session-checking']);
  });
});

describe('a fault', () => {
  const silent = { of: 'store', silent: true, why: 'no answer' } as const;

  test('of the store before its deadline is tried again, without the attempt', () => {
    const claim = transacting();
    assert.deepEqual(kinds(claim.send(failed(3, silent))), ['wait']);
    assert.equal(claim.state().attempts.size, 0);
  });

  test('of the store with no time left, or one that stays, is unknown', () => {
    for (const event of [failed(DEADLINE_MS - 50, silent), failed(3, { ...silent, silent: false })]) {
      const claim = transacting();
      claim.send(event);
      assert.deepEqual(claim.told.map(short), ['unknown:store-unavailable']);
    }
  });

  test('of the service is internal', () => {
    const claim = transacting();
    claim.send({ kind: 'failed', at: at(3), fault: { of: 'service' } });
    assert.deepEqual(claim.told.map(short), ['unknown:internal']);
  });
});

describe('the deadline', () => {
  test('is answered once, and the entry of an applied transaction becomes durable after it', () => {
    const claim = transacting();
    claim.send({ kind: 'deadline' });
    assert.deepEqual(claim.told.map(short), ['unknown:deadline']);
    const { decision } = only(claim.send(transacted(DEADLINE_MS + 1, APPLIED)), 'append');
    assert.equal(decision, null);
    claim.send(appended(DEADLINE_MS + 2));
    assert.equal(claim.state().phase.kind, 'over');
    assert.equal(claim.told.length, 1);
  });

  test('an answer to no effect under way is dropped', () => {
    const claim = transacting();
    const before = claim.state();
    assert.deepEqual(
      claim.send(appended(3), { kind: 'refreshed' }, turn(4), { kind: 'woken', at: at(5) }),
      [],
    );
    assert.equal(claim.state(), before);
  });
});
