// Groups in which everything goes wrong at random: messages are late, lost and repeated, members die between any two effects, and
// some say anything to anybody.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { fakeAdversary } from './fake-adversary.ts';
import { groupOf, planOf } from './fake-group.ts';
import { drawing, FIRST, misadventure, OVER, type Run } from './fake-misadventure.ts';
import { fakeNetwork } from './fake-network.ts';
import { faultyOf } from './group.ts';

function assertSafe({ network, evil }: Run): void {
  for (const digests of network.decided().values()) {
    assert.equal(digests.size, 1, `two certificates: ${[...digests].join(' and ')}`);
  }
  assert.deepEqual(network.doubles(), []);
  for (const node of network.nodes.values()) {
    for (const { fault } of node.of('record-fault')) {
      const isEvil = evil.some((seat) => fault.culprit === `m${seat}`);
      assert.ok(isEvil || fault.kind === 'idleness', `${fault.culprit} was blamed for ${fault.kind}`);
    }
  }
}

describe('whatever happens', () => {
  for (const [members, numRuns] of [
    [4, 60],
    [7, 12],
  ] as const) {
    test(`${members} members never hold two certificates, sign nothing twice, and blame nobody that is honest`, () => {
      fc.assert(
        fc.property(fc.integer(), (seed) => assertSafe(misadventure(members, seed))),
        { numRuns },
      );
    });
  }
});

describe('where everything arrives', () => {
  for (const [members, numRuns] of [
    [4, 40],
    [7, 12],
  ] as const) {
    test(`${members} members agree, whatever f of them do`, () => {
      fc.assert(
        fc.property(fc.integer(), (seed) => {
          const below = drawing(seed);
          const group = groupOf(members);
          const plan = planOf(group);
          const evil = plan.leaders.slice(0, faultyOf(members));
          const adversary = fakeAdversary(plan, evil);
          const network = fakeNetwork(group, {
            silent: evil,
            arrives: (_from, _to, message) => {
              adversary.hear(message);
              return true;
            },
          });
          network.height(FIRST - 1n);
          for (let height = FIRST; height < OVER; height++) {
            network.height(height);
            for (let left = below(6 * members); left > 0; left--) {
              if (below(4) === 0) adversary.act(network, below);
              else network.deliver(below(Math.max(1, network.pending.length)));
            }
            network.drain();
          }
          network.height(OVER);
          assertSafe({ network, evil });
          for (const node of network.nodes.values()) assert.equal(node.of('execute').length, 1);
          for (const node of network.nodes.values()) {
            const blamed = node.of('record-fault').map(({ fault }) => fault.culprit);
            assert.deepEqual(
              blamed.filter((name) => !evil.some((seat) => name === `m${seat}`)),
              [],
            );
          }
        }),
        { numRuns },
      );
    });
  }
});
