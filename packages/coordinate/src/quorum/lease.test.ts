// Two certificates of two windows must not give two leases at one time.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeMessage } from './codec.ts';
import type { QuorumSchedule } from './group.ts';
import { CONTENT, groupOf, planOf, SCHEDULE } from './testing/fake-group.ts';
import { fakeNetwork } from './testing/fake-network.ts';

/** The action of a window runs through the whole next one. */
const LONG: QuorumSchedule = SCHEDULE.map((version) => ({
  ...version,
  agenda: version.agenda.map((item) => ({ ...item, validityBlocks: 40n })),
}));

/** It leads the first rank of the second window, too. */
const LONE = planOf(groupOf(4), 2n).leaders[0] ?? -1;

/** In the first window only one member sees the certificate, and keeps it to itself. */
function afterLoneCertificate(schedule: QuorumSchedule, restarts = false, isStillRunning = true) {
  const asked: number[] = [];
  const network = fakeNetwork(groupOf(4), {
    schedule,
    validate: (seat) => {
      asked.push(seat);
      return { result: 'valid' };
    },
    arrives: (from, to, { header, statement }) => {
      if (header.window > 1n) return true;
      if (from === LONE && statement.kind === 'certificate') return false;
      return to === LONE || statement.kind !== 'commit';
    },
  });
  network.run(29n, 55n);
  if (!isStillRunning) network.nodes.get(LONE)?.give({ kind: 'action-ended', window: 1n });
  asked.length = 0;
  if (restarts) for (const node of network.nodes.values()) node.restart();
  network.run(56n, 85n);
  const results = [...network.nodes.values()].map((node) =>
    node.of('record-outcome').map(({ outcome }) => outcome.reason ?? outcome.result),
  );
  return { network, results, asked };
}

describe('a member that committed and never saw the certificate', () => {
  for (const restarts of [false, true]) {
    const how = restarts ? ', also after a restart between the windows' : '';
    test(`agrees to a noop only while the lease may run${how}`, () => {
      const { network, results, asked } = afterLoneCertificate(LONG, restarts);
      for (const [seat, told] of results.entries()) {
        const first = seat === LONE ? 'execute' : 'no-certificate';
        assert.deepEqual([...new Set(told)], [first, 'noop'], `seat ${seat}`);
      }
      assert.deepEqual(
        asked.filter((seat) => seat !== LONE),
        [],
      );
      assert.equal(network.nodes.get(LONE)?.of('execute').at(0)?.execution.expiryBlock, 95n);
    });
  }

  test('refuses another proposal as busy, without accusing a member', () => {
    // It leads the second window, and did not see the first.
    const network = fakeNetwork(groupOf(4), {
      schedule: LONG,
      arrives: (_from, to, { header }) => header.window > 1n || to !== LONE,
    });
    network.run(29n, 85n);
    for (const [seat, node] of network.nodes) {
      const codes = node.of('broadcast').flatMap(({ payload, again }) => {
        const decoded = decodeMessage(payload);
        const isRefusal = !again && decoded.ok && decoded.message.statement.kind === 'refusal';
        return isRefusal && decoded.message.statement.kind === 'refusal'
          ? [decoded.message.statement.code]
          : [];
      });
      assert.deepEqual(codes, seat === LONE ? [] : ['busy']);
    }
    network.run(86n, 119n);
    const faults = [...network.nodes.values()].flatMap((node) => node.of('record-fault'));
    assert.deepEqual(
      faults.filter(({ fault }) => fault.kind !== 'idleness'),
      [],
    );
    // The lease was over before the third window was, so that one runs its action.
    for (const node of network.nodes.values())
      assert.equal(node.of('record-outcome').at(-1)?.outcome.action, 'call');
  });

  test('is free if the lease is over before the next window is', () => {
    const { results } = afterLoneCertificate(SCHEDULE, false, false);
    for (const [seat, told] of results.entries()) assert.equal(told.at(-1), 'execute', `seat ${seat}`);
  });

  test('a certificate also holds its lease for every member that saw it, even if it runs elsewhere', () => {
    const network = fakeNetwork(groupOf(4), {
      schedule: LONG,
      generate: () => ({ action: 'call', content: CONTENT }),
    });
    network.run(29n, 58n);
    for (const node of network.nodes.values()) node.give({ kind: 'action-ended', window: 1n });
    network.run(59n, 85n);
    const told = [...network.nodes.values()].map((node) => node.of('record-outcome').at(-1)?.outcome.result);
    assert.deepEqual([...new Set(told)], ['noop'], 'somebody else may still use it');
  });
});
