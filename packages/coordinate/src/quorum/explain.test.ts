import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { fields } from '@watchbill/kit/testing';
import { explainQuorum } from './explain.ts';
import { fakeOperators, fakePlan, hashed, SCHEDULE } from './testing/fake-operators.ts';

const OPERATORS = fakeOperators(7);
const PLAN = fakePlan(OPERATORS, 13n);
const EXPLAINED = explainQuorum(OPERATORS.group, SCHEDULE, 13n, PLAN.seedInput, PLAN.referenceHash);
const bytes = (hex: string) => Buffer.from(hex, 'hex');

describe('an explained window', () => {
  test('has the heights of its ranks, its stages and its inputs', () => {
    assert.deepEqual(EXPLAINED.window, { index: '13', block: '11700', activeEnd: '11800', end: '11800' });
    assert.deepEqual(EXPLAINED.rankHeights, ['11700', '11720', '11740', '11760']);
    assert.deepEqual(EXPLAINED.span, { number: '1', position: 5, firstWindow: '8' });
    assert.deepEqual(EXPLAINED.submitHeights.slice(0, 2), ['11800', '11805']);
    const heights = EXPLAINED.inputs.map(({ height }) => height);
    assert.deepEqual(heights, ['7200', '11700']);
  });

  test('can be computed again from its own fields: seed, streams, swaps, leaders, draws', () => {
    const { group, version, span, inputs, order, submitters, agenda } = EXPLAINED;
    const numbers = Buffer.alloc(12);
    numbers.writeUInt32BE(version.number);
    numbers.writeBigUInt64BE(BigInt(span.number), 4);
    const seed = createHash('sha256')
      .update('watchbill/quorum/seed/1')
      .update(bytes(group.genesis))
      .update(bytes(group.id))
      .update(numbers)
      .update(bytes(inputs[0]?.value ?? ''))
      .digest();
    assert.equal(seed.toString('hex'), EXPLAINED.seed);
    const head = (domain: string) =>
      createHash('sha256').update(seed).update(domain).update(Buffer.alloc(8)).digest('hex');
    for (const shuffle of [order, submitters]) {
      assert.equal(shuffle.streamHead, head(shuffle.domain));
      const seats = [0, 1, 2, 3, 4, 5, 6];
      for (const [at, { i, j }] of shuffle.swaps.entries()) {
        assert.equal(j, bytes(shuffle.streamHead).readUInt32BE(at * 4) % (i + 1));
        [seats[i], seats[j]] = [seats[j] ?? -1, seats[i] ?? -1];
      }
      assert.deepEqual(seats, shuffle.order);
    }
    const drawn = agenda.flatMap(({ draw, isDue }) => (draw === null ? [] : [{ ...draw, isDue }]));
    assert.deepEqual(drawn.map(fields('domain', 'below')), [['window/13/heartbeat', 62_500]]);
    for (const { domain, streamHead, drawn: number, below, isDue } of drawn) {
      assert.equal(streamHead, head(domain));
      assert.equal(number, bytes(streamHead).readUInt32BE() % 1_000_000);
      assert.equal(isDue, number < below);
    }
    assert.deepEqual(
      agenda.map(({ cadence }) => cadence),
      ['index mod 1 = 0', '62500 of 1000000', 'index mod 2 = 1'],
    );
  });

  test('does not exist for window 0, or for inputs of another length', () => {
    const { group } = OPERATORS;
    assert.throws(() => explainQuorum(group, SCHEDULE, 0n, hashed(''), hashed('')), RangeError);
    assert.throws(() => explainQuorum(group, SCHEDULE, 1n, new Uint8Array(3), hashed('')), RangeError);
  });
});
