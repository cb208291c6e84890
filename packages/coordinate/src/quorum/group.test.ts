// Whole groups: every member runs the engine, and messages travel over a network that loses messages on
// request.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { groupOf, planOf } from './testing/fake-group.ts';
import { type FakeNetwork, fakeNetwork } from './testing/fake-network.ts';

const results = (network: FakeNetwork) =>
  [...network.nodes.values()].map((node) =>
    node.of('record-outcome').map(({ outcome }) => outcome.reason ?? outcome.result),
  );

test('a dead leader costs a rank: too many dead members: no certificate, and the detail says how far it came', () => {
  const network = fakeNetwork(groupOf(4), { silent: planOf(groupOf(4)).leaders.slice(1, 3) });
  network.run(29n, 55n);
  for (const node of network.nodes.values()) {
    const [{ outcome } = { outcome: null }] = node.of('record-outcome');
    assert.equal(outcome?.reason, 'no-certificate');
    assert.match(
      outcome?.detail ?? '',
      /^rank 0: proposal heard, 2 prepares, 0 commits; rank 1: 2 rank-changes/,
    );
  }
});

describe('the detail of a window without a certificate', () => {
  const details = (network: FakeNetwork) =>
    [...network.nodes.values()].map((node) => node.of('record-outcome')[0]?.outcome.detail ?? '');

  test('has the refusals, with their reasons', () => {
    const network = fakeNetwork(groupOf(4), {
      validate: (seat) =>
        seat % 2 === 0
          ? { result: 'refused', code: 'wrong-payee', detail: '', facts: new Uint8Array() }
          : { result: 'unknown', why: 'no answer' },
    });
    network.run(29n, 55n);
    // The leader of rank 0 made it, so it asks no validator.
    const refused = (planOf(groupOf(4)).leaders[0] ?? 0) % 2 === 0 ? 1 : 2;
    for (const detail of details(network)) {
      assert.match(
        detail,
        new RegExp(`rank 0: proposal heard, 1 prepare, 0 commits, refused wrong-payee by ${refused};`),
      );
    }
  });

  test('has the errors of the generator', () => {
    const network = fakeNetwork(groupOf(4), { generate: () => null });
    network.run(29n, 55n);
    const own =
      /no proposal heard, 0 prepares, 0 commits, this node could not make a proposal: nothing to do, nothing to do/;
    for (const detail of details(network)) assert.match(detail, own);
  });
});

test('a member that was cut off from all members until the last part of the window gets the certificate there', () => {
  let isCut = true;
  const network = fakeNetwork(groupOf(4), { arrives: (from, to) => !(isCut && (from === 3 || to === 3)) });
  network.run(29n, 49n);
  const notes = network.nodes.get(3)?.of('notice') ?? [];
  assert.ok(!notes.some(({ code }) => code === 'certificate'));
  isCut = false;
  network.run(50n, 55n);
  assert.deepEqual(results(network), [['execute'], ['execute'], ['execute'], ['execute']]);
  assert.equal(network.decided().get(1n)?.size, 1);
});
