// Messages about windows that are over: a member that missed the agreement catches up while the lease runs,
// and evidence of earlier windows is recorded.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeEvidence, verifyEvidence } from './evidence.ts';
import type { QuorumSchedule } from './group.ts';
import { leasesIn } from './memory.ts';
import { fakeVerify, nodeOf, SCHEDULE } from './testing/fake-group.ts';
import { GROUP, LEADERS, memberAt, others, PLAN } from './testing/fake-member.ts';
import { callOf, certificateOf } from './testing/fake-messages.ts';
import { type FakeNetwork, fakeNetwork } from './testing/fake-network.ts';

const [FIRST = -1, SECOND = -1, THIRD = -1, FOURTH = -1] = LEADERS;

const leased = (validityBlocks: bigint): QuorumSchedule =>
  SCHEDULE.map((version) => ({
    ...version,
    agenda: version.agenda.map((item) => ({ ...item, validityBlocks })),
  }));

/** One member hears none of the others before a height, or none of their messages about one window. */
function afterOutage(until: bigint, schedule = SCHEDULE, about: bigint | null = null) {
  let height = 28n;
  const network = fakeNetwork(GROUP, {
    schedule,
    arrives: (_, to, { header }) =>
      to !== FOURTH || height >= until || (about !== null && header.window !== about),
  });
  const run = (to: bigint) => {
    while (height < to) {
      height += 1n;
      network.height(height);
      network.drain();
    }
  };
  return { network, run };
}

const outcomesOf = (network: FakeNetwork, seat: number) =>
  network.nodes
    .get(seat)
    ?.of('record-outcome')
    .map(({ outcome: { from, result, reason } }) => [from, result, reason]);

const certificate = (sender: number, content: number) =>
  certificateOf(PLAN, sender, callOf(PLAN, content), others(THIRD));

describe('a member that missed the certificate', () => {
  test('gets it while the lease runs, executes it, and records the window as missed', () => {
    const { network, run } = afterOutage(56n);
    run(59n);
    assert.deepEqual(outcomesOf(network, FOURTH), [
      [1n, 'failed', 'no-certificate'],
      [1n, 'execute', 'missed'],
    ]);
    const executions = [...network.nodes.values()].map((node) => node.of('execute'));
    assert.ok(executions.every((all) => all.length === 1));
    assert.equal(new Set(executions.map(([first]) => String(first?.execution.expiryBlock))).size, 1);
  });

  test('executes a certificate that a member repeats in the last block of the lease, and none later', () => {
    for (const [height, count] of [
      [64n, 1],
      [65n, 0],
    ] as const) {
      const member = memberAt(THIRD);
      member.height(55n);
      member.height(height);
      member.hear(certificate(FIRST, 1));
      assert.equal(member.node.of('execute').length, count, `height ${height}`);
    }
  });

  test('refuses another lease in the window in which it learns of the first', () => {
    const { network, run } = afterOutage(62n, leased(60n));
    run(75n);
    const node = network.nodes.get(FOURTH);
    const { running, cursor } = node?.state() ?? {};
    assert.ok(running?.phase === 'procedure' && running.window.index === 2n);
    assert.equal(running.round.earlier.until, 115n);
    assert.equal(leasesIn(cursor?.memory ?? new Uint8Array())?.until, 115n);
    assert.deepEqual(outcomesOf(network, FOURTH)?.at(-1), [1n, 'execute', 'missed']);
  });

  test('takes it once, also when the others repeat it and after its end', () => {
    const { network, run } = afterOutage(56n);
    run(58n);
    network.nodes.get(FOURTH)?.give({ kind: 'action-ended', window: 1n });
    run(64n);
    assert.equal(network.nodes.get(FOURTH)?.of('execute').length, 1);
    assert.equal(outcomesOf(network, FOURTH)?.length, 2);
  });

  test('refuses one whose signatures are not valid', () => {
    const member = memberAt(THIRD);
    member.height(55n);
    const good = certificate(FIRST, 1);
    const votes = good.attachment.votes.map((vote) => ({ ...vote, signature: new Uint8Array(64) }));
    member.hear({ ...good, attachment: { ...good.attachment, votes } });
    assert.deepEqual(member.dropped(), ['bad-proof']);
    member.hear(good);
    assert.equal(member.node.of('execute').length, 1);
  });
});

describe('a member that still runs an earlier action', () => {
  const WAITING = [2n, 'skipped', 'action-running'] as const;
  const TAKEN = [2n, 'execute', 'missed'] as const;

  /** All members run the action of window 1, and that of one member has not ended at the end of window 2. */
  function overlapping(schedule: QuorumSchedule, missesUntil = 0n) {
    const { network, run } = afterOutage(missesUntil, schedule, 2n);
    const end = (seat: number) => network.nodes.get(seat)?.give({ kind: 'action-ended', window: 1n });
    run(59n);
    for (const seat of [FIRST, SECOND, THIRD]) end(seat);
    run(85n);
    return { network, run, end: () => end(FOURTH), seen: () => outcomesOf(network, FOURTH)?.slice(1) };
  }

  test('takes up the next one when the first has ended, from a repeated certificate', () => {
    const { network, run, end, seen } = overlapping(leased(4n));
    assert.deepEqual(seen(), [WAITING]);
    run(87n);
    assert.deepEqual(seen(), [WAITING]);
    end();
    run(88n);
    assert.deepEqual(seen(), [WAITING, TAKEN]);
    const [one, other] = [FIRST, FOURTH].map((seat) => network.nodes.get(seat)?.of('execute').at(-1));
    assert.equal(other?.execution.window, 2n);
    assert.equal(other.execution.expiryBlock, one?.execution.expiryBlock);
  });

  test('remembers the lease of one that it missed meanwhile, and takes it up later', () => {
    const { network, run, end, seen } = overlapping(leased(4n), 86n);
    const failed = [2n, 'failed', 'no-certificate'] as const;
    const until = () =>
      leasesIn(network.nodes.get(FOURTH)?.state().cursor?.memory ?? new Uint8Array())?.until;
    assert.deepEqual([seen(), until()], [[failed], 0n]);
    run(86n);
    assert.deepEqual([seen(), until()], [[failed, WAITING], 89n]);
    end();
    run(88n);
    assert.deepEqual(seen(), [failed, WAITING, TAKEN]);
  });

  test('does not begin one whose lease is over by then', () => {
    const { run, end, seen } = overlapping(leased(2n));
    run(88n);
    end();
    run(110n);
    assert.deepEqual(seen(), [WAITING]);
  });
});

test('a noop after an agreement that a member missed does not keep it from an action whose lease runs', () => {
  const { network, run } = afterOutage(86n, leased(200n), 1n);
  run(85n);
  const before = [
    [1n, 'failed', 'no-certificate'],
    [2n, 'noop', null],
  ];
  assert.deepEqual(outcomesOf(network, FOURTH), before);
  run(92n);
  assert.deepEqual(outcomesOf(network, FOURTH), [...before, [1n, 'execute', 'missed']]);
});

test('two certificates of a window that is over are evidence against all who signed both', () => {
  const member = memberAt(THIRD);
  member.height(55n);
  member.hear(certificate(FIRST, 1), certificate(SECOND, 2));
  const culprits = [FIRST, SECOND, FOURTH].map((seat) => `m${seat} equivocation`);
  assert.deepEqual(member.faults().toSorted(), culprits.toSorted());
  for (const { window, fault } of member.node.of('record-fault')) {
    assert.equal(window, 1n);
    const evidence = decodeEvidence(fault.evidence ?? new Uint8Array());
    assert.ok(evidence !== null && verifyEvidence(GROUP, SCHEDULE, evidence, fakeVerify).holds);
  }
});

describe('a member without a cursor', () => {
  const busyUntil = (start: bigint, schedule: QuorumSchedule) => {
    const node = nodeOf(GROUP, THIRD, { schedule });
    node.give({ kind: 'height', height: start });
    return leasesIn(node.state().cursor?.memory ?? new Uint8Array())?.until;
  };

  test('counts the longest lease as running from the last window on', () => {
    assert.equal(busyUntil(59n, leased(200n)), 255n);
    assert.equal(busyUntil(60n, leased(200n)), 285n);
  });

  test('counts none before the end of the first window is possible', () => {
    const node = nodeOf(GROUP, THIRD, { schedule: leased(200n) });
    node.give({ kind: 'height', height: 29n });
    assert.equal(node.state().cursor?.memory, null);
  });

  test('proposes and accepts no second lease while the first may run', () => {
    const network = fakeNetwork(GROUP, { schedule: leased(200n) });
    network.run(70n, 115n);
    for (const node of network.nodes.values()) {
      assert.deepEqual(
        node.of('record-outcome').map(({ outcome }) => outcome.result),
        ['noop'],
      );
    }
  });
});
