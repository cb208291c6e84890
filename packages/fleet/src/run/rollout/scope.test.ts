import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Step } from '../../file/plan/index.ts';
import { fakeField, fakeResource, fakeStep } from '../apply/testing/fake-plan.ts';
import { scopeOf } from './scope.ts';

const set = (name: string) => fakeResource(name, {}, 'StatefulSet');
const map = fakeResource('chain');
const IMAGE = fakeField(['spec', 'template', 'spec', 'containers', 0, 'image'], 'a', 'b');
const release = (name: string, change: Partial<Step> = {}) =>
  fakeStep('update', set(name), set(name), { gate: 'healthy', risk: 'restart', fields: [IMAGE], ...change });

function idsOf(steps: readonly Step[], pools: readonly string[] | null = null) {
  const scope = scopeOf({ steps }, pools);
  if (!scope.ok) return scope.why;
  const ids = (all: readonly Step[]) => all.map(({ id }) => id.split('/').at(-1)).join();
  return { rolled: ids(scope.rolled), first: ids(scope.first), later: ids(scope.later) };
}

test('nodes go by stages, what they need goes first, and removals stay for a plan', () => {
  const steps = [
    fakeStep('update', map, map),
    release('rpc'),
    fakeStep('delete', map, map, { needs: ['x'] }),
  ];
  assert.deepEqual(idsOf(steps), { rolled: 'rpc', first: 'chain', later: 'chain' });
});

test('what cannot be put back is not rolled out', () => {
  assert.match(String(idsOf([fakeStep('create', set('new'))])), /makes, removes or replaces/);
  assert.match(String(idsOf([fakeStep('delete', set('old'), set('old'))])), /makes, removes or replaces/);
  assert.match(String(idsOf([release('v', { risk: 'signing' })])), /changes keys or chains/);
  const loss = { ...IMAGE, risk: 'data-loss' as const };
  assert.match(String(idsOf([release('v', { fields: [IMAGE, loss] })])), /changes keys or chains/);
  assert.match(
    String(idsOf([release('v', { fields: [fakeField(['spec', 'replicas'], 2, 3)] })])),
    /how many nodes/,
  );
  const after = fakeStep('update', map, map, { needs: ['update ams/StatefulSet/nodes/rpc'] });
  assert.match(String(idsOf([release('rpc'), after])), /comes after nodes/);
});

test('a permission service is not rolled out with nodes', () => {
  const service = { pool: 'watch', node: null, role: null, keySet: null } as const;
  const steps = [release('rpc'), release('watch', { subject: service })];
  assert.match(String(idsOf(steps)), /permission service.*`fleet apply`/);
  assert.deepEqual(idsOf(steps, ['main']), { rolled: 'rpc', first: '', later: '' });
});

test('only the pools that were named are touched', () => {
  const of = (pool: string) => release(pool, { subject: { pool, node: null, role: 'rpc', keySet: null } });
  assert.deepEqual(idsOf([of('a'), of('b')], ['b']), { rolled: 'b', first: '', later: '' });
});
