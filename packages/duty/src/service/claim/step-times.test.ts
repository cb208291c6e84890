import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStepTimes, timedAs } from './step-times.ts';
import { SEAL } from './testing/claim.ts';

function timed() {
  let nowMs = 1_000;
  const times = createStepTimes({ monotonicMs: () => nowMs });
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  const soFar = () => Object.fromEntries(times.soFar().map(({ name, ms }) => [name, ms]));
  return { times, pass, soFar };
}

test('the step under way counts until now, and goes on', () => {
  const { times, pass, soFar } = timed();
  times.begin('flush');
  pass(1.26);
  assert.equal(soFar().flush, 1.3);
  pass(2);
  assert.equal(soFar().flush, 3.3);
  times.end();
  pass(4);
  assert.equal(soFar().flush, 3.3);
});

test('the own disk and the store have separate times', () => {
  assert.equal(timedAs({ kind: 'read' }), 'store');
  const entry = { entry: {} as never, hash: '' };
  assert.equal(timedAs({ kind: 'learn', ...entry }), 'flush');
  assert.equal(timedAs({ kind: 'append', ...entry, decision: null }), 'flush');
  const word = { node: 'a', incarnation: '', chain: SEAL.chain, key: SEAL.key, duty: 'babe' } as never;
  assert.equal(timedAs({ kind: 'report', word }), 'flush');
});
