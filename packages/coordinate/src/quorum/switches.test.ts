// The purpose of each rule: without it the same scenario ends with two certificates.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Message } from './messages.ts';
import type { Switches } from './self.ts';
import { groupOf, planOf } from './testing/fake-group.ts';
import { bytesOf, callOf, messageOf, proposeOf } from './testing/fake-messages.ts';
import { type FakeNetwork, fakeNetwork } from './testing/fake-network.ts';
import { valueDigest } from './value.ts';

const GROUP = groupOf(4);
const PLAN = planOf(GROUP);
const [FIRST = -1, SECOND = -1, THIRD = -1, FOURTH = -1] = PLAN.leaders;

const certificates = (network: FakeNetwork) => network.decided().get(1n)?.size ?? 0;
const ownValue = (seat: number) => ({ action: 'call', content: Uint8Array.from([100 + seat]) });

/** All members commit in rank 0, but only one sees the commits, and keeps them to itself. */
function loneCertificate(switches: Partial<Switches>, restarts: boolean): number {
  const lone = THIRD;
  const network = fakeNetwork(GROUP, {
    switches,
    generate: ownValue,
    arrives: (from, to, { header, statement }) => {
      if (from === lone && statement.kind === 'certificate') return false;
      return header.rank > 0 || statement.kind !== 'commit' || to === lone;
    },
  });
  network.run(29n, 34n);
  assert.equal(certificates(network), 1);
  if (restarts) {
    for (const [seat, node] of network.nodes) if (seat !== lone) node.restart();
  }
  network.run(35n, 45n);
  return certificates(network);
}

describe('the lock', () => {
  test('makes the next leader propose again what one member may have a certificate for', () => {
    assert.equal(loneCertificate({}, false), 1);
    assert.equal(loneCertificate({ lock: false }, false), 2);
  });

  test('lasts through a restart', () => {
    assert.equal(loneCertificate({}, true), 1);
    assert.equal(loneCertificate({ lockDurable: false }, true), 2);
  });
});

describe('the size of a quorum', () => {
  /** The leader of rank 0 proposes one value to two members and another value to the third. */
  function twoStories(switches: Partial<Switches>): number {
    const network = fakeNetwork(GROUP, { switches, silent: [FIRST], arrives: () => false });
    network.run(29n, 30n);
    for (const [content, to] of [
      [1, SECOND],
      [2, THIRD],
    ] as const) {
      const value = callOf(PLAN, content);
      const digest = valueDigest(value);
      const story = [
        proposeOf(PLAN, FIRST, 0, value),
        messageOf(PLAN, FIRST, 0, { kind: 'prepare', digest }),
        messageOf(PLAN, FIRST, 0, { kind: 'commit', digest }),
      ];
      for (const message of story) deliverTo(network, to, message);
    }
    return certificates(network);
  }

  test('leaves no room for two', () => {
    assert.equal(twoStories({}), 0);
    assert.equal(twoStories({ quorum: -1 }), 2);
  });
});

/** Bytes that reach a member whatever else is cut. */
function deliverTo(network: FakeNetwork, to: number, message: Message): void {
  const payload = bytesOf(PLAN, message);
  network.pending.push({
    to,
    from: message.header.seat,
    event: { kind: 'message', message: { type: 'watchbill/quorum/1', sender: 'x', payload } },
  });
  network.drain();
}

describe('the rank of a vote', () => {
  /**
   * One member commits in rank 0. The leader of rank 1 leaves its rank-change out, and gets another value
   * prepared; then another member hears the prepares of rank 0.
   */
  function mixedVotes(switches: Partial<Switches>): number {
    const [evil, committed, late, other] = [SECOND, THIRD, FOURTH, FIRST];
    const kept: Message[] = [];
    let isEarly = true;
    const network = fakeNetwork(GROUP, {
      switches,
      silent: [evil],
      generate: ownValue,
      arrives: (_from, to, message) => {
        const { kind } = message.statement;
        kept.push(message);
        if (message.header.rank > 0 || kind === 'commit') return false;
        return kind !== 'prepare' || (isEarly && to === committed);
      },
    });
    network.run(29n, 30n);
    isEarly = false;
    const heard = (kind: string, from: number, rank: number) => {
      const found = kept.find(
        ({ header, statement }) => statement.kind === kind && header.seat === from && header.rank === rank,
      );
      assert.ok(found !== undefined, `no ${kind} of ${from} in rank ${rank}`);
      return found;
    };
    const old = heard('propose', FIRST, 0);
    assert.ok(old.statement.kind === 'propose');
    const oldVote = { digest: old.statement.digest };
    heard('commit', committed, 0);
    network.nodes.get(committed)?.restart();
    network.run(31n, 35n);
    const value = callOf(PLAN, 9);
    const digest = valueDigest(value);
    const changes = [
      heard('rank-change', late, 1),
      heard('rank-change', other, 1),
      messageOf(PLAN, evil, 1, { kind: 'rank-change', prepared: null, heard: true }),
    ];
    const proposal = proposeOf(PLAN, evil, 1, value, changes);
    for (const to of [committed, late, other]) deliverTo(network, to, proposal);
    // The late one hears the votes of rank 0 first, the others those of rank 1.
    for (const from of [other, committed]) deliverTo(network, late, heard('prepare', from, 0));
    deliverTo(network, late, heard('commit', committed, 0));
    deliverTo(network, late, messageOf(PLAN, evil, 0, { kind: 'commit', ...oldVote }));
    const both = [committed, other];
    const between = (message: Message) => {
      for (const to of both) if (to !== message.header.seat) deliverTo(network, to, message);
    };
    for (const kind of ['prepare', 'commit'] as const) {
      between(messageOf(PLAN, evil, 1, { kind, digest }));
      for (const from of both) between(heard(kind, from, 1));
    }
    assert.deepEqual(network.doubles(), []);
    return certificates(network);
  }

  test('keeps votes of an earlier rank from counting in a later one', () => {
    assert.equal(mixedVotes({}), 1);
    assert.equal(mixedVotes({ rankInVotes: false }), 2);
  });
});
