// Groups in which everything goes wrong at random: messages are late, lost and repeated, members die between
// any two effects, and some send any message to any member. WATCHBILL_SEED repeats a run.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import { createSeedBudget, readSeedBudget } from '@watchbill/kit/testing';
import { faultyOf } from './group.ts';
import type { Switches } from './self.ts';
import { fakeAdversary } from './testing/fake-adversary.ts';
import { groupOf, planOf } from './testing/fake-group.ts';
import { drawing, FIRST, misadventure, OVER, type Run } from './testing/fake-misadventure.ts';
import { fakeNetwork } from './testing/fake-network.ts';

const budget = createSeedBudget({
  ...readSeedBudget(process.env),
  clock: systemClock(),
  onlySeed: process.env.WATCHBILL_SEED ?? null,
  unit: 'windows',
});
after(() => process.stdout.write(`${budget.summary()}\n`));

/** Consecutive seeds give distant starts: `drawing` ignores the lowest bit. */
const spread = (seed: string): number => Math.imul(Number(seed), 0x9e3779b1);

function assertSafe({ network, evil }: Run): void {
  for (const digests of network.decided().values()) {
    assert.equal(digests.size, 1, `two certificates: ${[...digests].join(' and ')}`);
  }
  assert.deepEqual(network.doubles(), []);
  for (const node of network.nodes.values()) {
    for (const { fault } of node.of('record-fault')) {
      const isEvil = evil.some((seat) => fault.culprit === `m${seat}`);
      assert.ok(isEvil || fault.kind === 'idleness', `${fault.culprit} was accused of ${fault.kind}`);
    }
  }
}

describe('under any faults', () => {
  for (const [members, minSeeds] of [
    [4, 12],
    [7, 5],
  ] as const) {
    test(`${members} members never hold two certificates, sign no place twice, and accuse no honest member`, async () => {
      await budget.run({ share: 0.25, minSeeds }, (seed) => {
        assertSafe(misadventure(members, spread(seed)));
        return 1;
      });
    });
  }
});

/** One window in which everything arrives, in any order, and f leaders send any message. */
function assertAgreement(members: number, seed: number): void {
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
}

describe('if every message arrives', () => {
  for (const [members, minSeeds] of [
    [4, 8],
    [7, 5],
  ] as const) {
    test(`${members} members agree, whatever f of them do`, async () => {
      await budget.run({ share: 0.25, minSeeds }, (seed) => {
        assertAgreement(members, spread(seed));
        return 1;
      });
    });
  }
});

describe('a rule that is broken on purpose, found within fixed seeds', () => {
  const seeds = Array.from({ length: 200 }, (_, i) => (i + 1) * 7_919);
  const isBad = (seed: number, switches: Partial<Switches>) => {
    const { network, evil } = misadventure(4, seed, switches);
    const honest = [...network.nodes.values()].flatMap((node) => node.of('record-fault'));
    return (
      [...network.decided().values()].some(({ size }) => size > 1) ||
      honest.some(
        ({ fault }) => fault.kind !== 'idleness' && !evil.some((seat) => fault.culprit === `m${seat}`),
      )
    );
  };
  for (const switches of [
    { lock: false },
    { lockDurable: false },
    { quorum: -1 },
    { rankInVotes: false },
  ] as const) {
    test(`${JSON.stringify(switches)}`, () => {
      assert.ok(seeds.some((seed) => isBad(seed, switches)));
    });
  }
});
