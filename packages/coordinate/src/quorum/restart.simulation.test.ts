// Every member dies after every single effect of a window, one run each, and comes back at once or later.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { groupOf, planOf } from './testing/fake-group.ts';
import { type FakeNetwork, fakeNetwork, type NetworkOptions } from './testing/fake-network.ts';

const GROUP = groupOf(4);
const LEADERS = planOf(GROUP).leaders;

/**
 * One window in which a member dies after so many of its effects; answers how many it performed in the end.
 */
function windowWithDeath(victim: number, after: number, options: NetworkOptions = {}) {
  // A generator that would make something else each time: what was proposed must come from memory.
  let made = 0;
  const network = fakeNetwork(GROUP, {
    generate: () => {
      made += 1;
      return { action: 'call', content: Uint8Array.from([made]) };
    },
    ...options,
  });
  network.height(29n);
  network.nodes.get(victim)?.dieAfter(after);
  network.run(30n, 57n);
  return { network, effects: network.nodes.get(victim)?.done.length ?? 0 };
}

/** All run what was agreed, also who dies in the very step that ends the window. */
function assertSound(network: FakeNetwork, story: string): void {
  assert.deepEqual(network.doubles(), [], story);
  assert.equal(network.decided().get(1n)?.size, 1, story);
  for (const [seat, node] of network.nodes) {
    const faults = node.of('record-fault').filter(({ fault }) => fault.kind !== 'idleness');
    assert.deepEqual(faults, [], story);
    const results = node.of('record-outcome').map(({ outcome }) => outcome.reason ?? outcome.result);
    assert.ok(
      results.length >= 1 && results.every((result) => result === 'execute'),
      `${story}: seat ${seat} ended with ${results.join()}`,
    );
  }
}

describe('a death after any effect', () => {
  // The leader, and one of the others, who are all alike.
  for (const [name, options, victims] of [
    ['where the first leader leads', {}, LEADERS.slice(0, 2)],
    ['where a fallback leads', { silent: LEADERS.slice(0, 1) }, LEADERS.slice(1, 3)],
  ] as const) {
    test(`${name}: no place is signed twice, no member is accused, all have one certificate`, () => {
      for (const victim of victims) {
        const { effects } = windowWithDeath(victim, Number.POSITIVE_INFINITY, options);
        assert.ok(effects > 20);
        for (let after = 0; after <= effects; after++) {
          const { network } = windowWithDeath(victim, after, options);
          assertSound(network, `seat ${victim} after ${after}`);
        }
      }
    });
  }
});

test('a disk that is full keeps a member from sending what it could not store, until there is room', () => {
  const network = fakeNetwork(GROUP);
  const [leader = -1] = LEADERS;
  network.height(29n);
  network.height(30n);
  const node = network.nodes.get(leader);
  const before = node?.of('broadcast').length;
  node?.breakDisk(true);
  network.drain();
  assert.equal(node?.of('broadcast').length, before);
  node?.breakDisk(false);
  network.run(31n, 57n);
  assertSound(network, 'after there was room');
});
