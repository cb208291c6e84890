import assert from 'node:assert/strict';
import test from 'node:test';
import { healthyFacts, nodeFacts } from '../testing/doctor-facts.ts';
import { changesSince } from './compare.ts';
import { examine } from './examine.ts';
import { seen, unread } from './facts.ts';

const facts = healthyFacts();
const healthy = examine(facts, null);
const lonely = examine({ ...facts, own: seen(nodeFacts('ws://own', { peers: 0 })) }, null);

const ids = (findings: readonly { readonly check: string }[]) => findings.map(({ check }) => check);

test('a new finding appeared, a finding that is gone is mended, and letters change', () => {
  const worse = changesSince(healthy, lonely);
  assert.deepEqual([ids(worse.appeared), ids(worse.mended), ids(worse.unknown)], [['node-peers'], [], []]);
  assert.deepEqual(worse.letters, [{ title: 'Node', before: 'A', now: 'D' }]);
  const better = changesSince(lonely, healthy);
  assert.deepEqual([ids(better.appeared), ids(better.mended), ids(better.unknown)], [[], ['node-peers'], []]);
  assert.deepEqual(changesSince(lonely, lonely).appeared, []);
});

test('a finding is not mended if its check could not look, or looked at other places', () => {
  const blind = changesSince(lonely, examine({ ...facts, own: unread('no answer') }, null));
  assert.deepEqual([ids(blind.mended), ids(blind.unknown)], [[], ['node-peers']]);
  const elsewhere = changesSince(lonely, examine({ ...facts, places: ['node ws://third'] }, null));
  assert.deepEqual([ids(elsewhere.mended), ids(elsewhere.unknown)], [[], ['node-peers']]);
});
