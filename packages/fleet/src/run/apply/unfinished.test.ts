import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Step } from '../../file/plan/index.ts';
import type { Entry } from './journal-text.ts';
import { fakeResource, fakeStep } from './testing/fake-plan.ts';
import { unfinishedSigning } from './unfinished.ts';

const STEP = fakeStep('create', fakeResource('v-0', {}, 'StatefulSet'), null, { risk: 'signing' });
const HEADER = { format: 'watchbill/journal/1', plan: 'p1', network: 'net', identities: {} };

function found(states: readonly Entry['state'][], steps: readonly Step[] | null = [STEP], network = 'net') {
  const lines = [HEADER, ...states.map((state) => ({ state, step: STEP.id }))];
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  return unfinishedSigning(text, network, () => steps)?.steps ?? [];
}

test('a change of signers that was begun is unfinished until it is verified or was put back', () => {
  for (const state of ['begun', 'removed', 'applied'] as const)
    assert.deepEqual(found(['begun', state]), [STEP.id]);
  for (const state of ['verified', 'rolled-back'] as const)
    assert.deepEqual(found(['begun', 'applied', state]), []);
  assert.deepEqual(found([]), []);
});

test('steps that touch no keys do not count; any step of a missing plan may touch them', () => {
  assert.deepEqual(found(['begun'], [{ ...STEP, risk: 'restart' }]), []);
  const field = { path: [], before: null, after: null, risk: 'signing', why: '' } as const;
  assert.deepEqual(found(['begun'], [{ ...STEP, risk: 'data-loss', fields: [field] }]), [STEP.id]);
  assert.deepEqual(found(['begun'], null), [STEP.id]);
  assert.deepEqual(found(['begun'], [STEP], 'other'), []);
});
