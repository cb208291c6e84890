// One resource, two groups: the old one hands it over, and never acts again.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { certificateOf, decodeCertificate } from './certificate.ts';
import type { CertificateFile } from './certificate-file.ts';
import type { QuorumGroup, QuorumSchedule } from './group.ts';
import { groupProblem, scheduleVersionsProblem } from './group-checks.ts';
import { handOverContent, takeOverOf } from './hand-over.ts';
import { groupId } from './identity.ts';
import { MAX_BLOCKS } from './limits.ts';
import { leasesIn } from './memory.ts';
import { HAND_OVER, type QuorumProposal } from './self.ts';
import { CONTENT, fakeVerify, groupOf, planOf, SCHEDULE } from './testing/fake-group.ts';
import { votesOf } from './testing/fake-messages.ts';
import { type FakeNetwork, fakeNetwork } from './testing/fake-network.ts';

const OLD = groupOf(4);
const NEW: QuorumGroup = { ...groupOf(5), name: 'new', predecessor: groupId(OLD) };
const HANDING: QuorumSchedule = SCHEDULE.map((version) => ({
  ...version,
  agenda: [
    {
      action: HAND_OVER,
      cadence: { kind: 'every', windows: 1n, offset: 0n },
      validityBlocks: MAX_BLOCKS,
      parameters: '{}',
    },
    ...version.agenda.map((item) => ({ ...item, validityBlocks: 40n })),
  ],
}));

const HANDS_OVER: QuorumProposal = { action: HAND_OVER, content: handOverContent(NEW) };

/** To a height; every action is done at once, so that only its lease remains. */
function run(network: FakeNetwork, until: bigint): void {
  network.run(29n, 29n);
  for (let window = 1n; window * 30n <= until; window++) {
    network.run(window * 30n, window * 30n + 29n);
    for (const node of network.nodes.values()) node.give({ kind: 'action-ended', window });
  }
}

/** The windows that each member of a network recorded, for example `3 hand-over`. */
function outcomesOf(network: FakeNetwork): readonly (readonly string[])[] {
  return [...network.nodes.values()].map((node) => {
    const told = node.of('record-outcome').map(({ outcome }) => outcome);
    return told.map(({ from, action, result }) => `${from} ${action ?? result}`);
  });
}

/** The old group runs to a height; from this window on, its leaders propose to hand over. */
function oldGroup(until: bigint, handsOverFrom: bigint) {
  const network = fakeNetwork(OLD, {
    schedule: HANDING,
    generate: (_seat, { window }) =>
      window.index >= handsOverFrom
        ? { action: HAND_OVER, content: handOverContent(NEW) }
        : { action: 'call', content: CONTENT },
  });
  run(network, until);
  const nodes = [...network.nodes.values()];
  const outcomes = outcomesOf(network);
  const executions = nodes.flatMap((node) => node.of('execute').map(({ execution }) => execution));
  const handed = executions.find(({ action }) => action === HAND_OVER);
  const certificate = handed === undefined ? null : decodeCertificate(handed.payload);
  return { outcomes, certificate };
}

function handOverFile(): CertificateFile {
  const { certificate } = oldGroup(56n, 1n);
  assert.ok(certificate);
  return { groupId: groupId(OLD), certificate };
}

describe('the old group', () => {
  test('waits for the end of its leases, hands over, and agrees to a noop only from then on', () => {
    const { outcomes, certificate } = oldGroup(300n, 2n);
    for (const told of outcomes) {
      assert.deepEqual(told.slice(0, 3), ['1 call', '2 noop', '3 hand-over']);
      assert.ok(told.length > 5);
      assert.deepEqual([...new Set(told.slice(3).map((text) => text.split(' ')[1]))], ['noop']);
    }
    assert.equal(certificate?.window, 3n);
  });

  test('reaches a busy member that missed the certificate with a later one, which it remembers', () => {
    const busy = 3;
    let height = 28n;
    const network = fakeNetwork(OLD, {
      schedule: HANDING,
      generate: (_seat, { window }) =>
        window.index < 3n ? { action: 'call', content: CONTENT } : HANDS_OVER,
      arrives: (_from, to, { header, statement: { kind } }) =>
        to !== busy || header.window !== 3n || height > 115n || !['commit', 'certificate'].includes(kind),
    });
    const until = (end: bigint) => {
      for (; height < end; height++) network.run(height + 1n, height + 1n);
    };
    const node = network.nodes.get(busy);
    const open = () => leasesIn(node?.state().cursor?.memory ?? new Uint8Array())?.handOver?.open;
    until(59n);
    for (const [seat, other] of network.nodes)
      if (seat !== busy) other.give({ kind: 'action-ended', window: 1n });
    until(115n);
    assert.deepEqual(open(), HANDS_OVER.content);
    until(118n);
    assert.equal(open(), null);
    assert.deepEqual(node?.of('record-outcome').at(-1)?.outcome.reason, 'action-running');
    node.give({ kind: 'action-ended', window: 1n });
    until(122n);
    assert.equal(node.of('execute').at(-1)?.execution.action, HAND_OVER);
  });

  /** In the first window every member commits to a hand-over, and none hears the commit of another one. */
  const committedAlone = (next: (seat: number, window: bigint) => QuorumProposal, restarts = false) => {
    const network = fakeNetwork(OLD, {
      schedule: HANDING,
      generate: (seat, { window }) => (window.index === 1n ? HANDS_OVER : next(seat, window.index)),
      arrives: (_from, _to, { header, statement }) => header.window > 1n || statement.kind !== 'commit',
    });
    run(network, 58n);
    if (restarts) for (const node of network.nodes.values()) node.restart();
    for (let window = 2n; window <= 6n; window++) network.run(window * 30n, window * 30n + 29n);
    return outcomesOf(network);
  };

  for (const restarts of [false, true]) {
    const how = restarts ? ', also after a restart' : '';
    test(`hands over in a later window if its members committed and saw no certificate${how}`, () => {
      for (const told of committedAlone(() => HANDS_OVER, restarts)) {
        const results = [...new Set(told)];
        assert.deepEqual(results.slice(0, 2), ['1 failed', '2 hand-over']);
        assert.deepEqual([...new Set(results.slice(2).map((text) => text.split(' ')[1]))], ['noop']);
      }
    });
  }

  test('certifies only noops once its members committed, and hands over to no other group', () => {
    const other = { action: HAND_OVER, content: handOverContent({ ...NEW, name: 'other' }) };
    for (const proposal of [{ action: 'call', content: CONTENT }, other]) {
      for (const told of committedAlone(() => proposal))
        assert.deepEqual(told, ['1 failed', '2 noop', '3 noop', '4 noop', '5 noop', '6 noop']);
    }
  });

  test('agenda: a hand-over is for good', () => {
    assert.equal(scheduleVersionsProblem(HANDING), null);
    const [first] = HANDING;
    assert.ok(first);
    const short = [{ ...first, agenda: first.agenda.map((item) => ({ ...item, validityBlocks: 40n })) }];
    assert.match(scheduleVersionsProblem(short) ?? '', /validityBlocks must be 4294967296, .*got 40$/);
  });
});

describe('the new group', () => {
  const actionsOf = (heldFrom?: bigint): readonly string[] => {
    const network = fakeNetwork(NEW, heldFrom === undefined ? {} : { heldFrom });
    run(network, 119n);
    return [...network.nodes.values()].flatMap((node) =>
      node.of('execute').map(({ execution }) => `${execution.window} ${execution.action}`),
    );
  };

  test('does not act before it holds the resource', () => {
    assert.deepEqual(actionsOf(), []);
    // Its first window is over at 55, the second at 85.
    assert.deepEqual([...new Set(actionsOf(85n))], ['2 call', '3 call']);
    assert.deepEqual([...new Set(actionsOf(86n))], ['3 call']);
  });

  test('has an id that covers the predecessor', () => {
    const { predecessor, ...without } = NEW;
    const other = { ...NEW, predecessor: Uint8Array.from(predecessor ?? []).fill(1) };
    const ids = [NEW, without, other].map((group) => Buffer.from(groupId(group)).toString('hex'));
    assert.equal(new Set(ids).size, 3);
    assert.match(
      groupProblem({ ...NEW, predecessor: new Uint8Array(31) }) ?? '',
      /predecessor must have 32 bytes; got 31/,
    );
  });

  test('refuses a hand-over that is not its own', () => {
    const old = { group: OLD, schedule: HANDING };
    const file = handOverFile();
    const { certificate } = file;
    const call = oldGroup(56n, 2n);
    const { predecessor, ...orphan } = NEW;
    assert.ok(predecessor);
    const moved = (content: Uint8Array, resource = certificate.value.resource) => ({
      ...file,
      certificate: { ...certificate, value: { ...certificate.value, content, resource } },
    });
    const cases: readonly (readonly [QuorumGroup, CertificateFile, RegExp])[] = [
      [orphan, file, /names no predecessor/],
      [{ ...NEW, predecessor: new Uint8Array(32) }, file, /names the predecessor 0x0000/],
      [{ ...NEW, genesis: new Uint8Array(32) }, file, /different chains/],
      [{ ...NEW, resource: 'account/2' }, file, /resource account\/2, the old one for account\/1/],
      [{ ...NEW, name: 'other' }, file, /handed over to another group/],
      [NEW, { ...file, groupId: groupId(NEW) }, /it belongs to another group/],
      [
        NEW,
        moved(handOverContent(NEW), 'account/9'),
        /signature of seat 0 for the commit in rank 0 is not valid/,
      ],
      [
        { ...NEW, name: 'other' },
        moved(handOverContent({ ...NEW, name: 'other' })),
        /signature of seat 0 for the commit in rank 0 is not valid/,
      ],
      [NEW, { ...file, certificate: { ...certificate, commits: certificate.commits.slice(1) } }, /2/],
    ];
    for (const [group, given, why] of cases) {
      const read = takeOverOf(group, old, given, fakeVerify);
      assert.match(read.ok ? 'taken over' : read.why, why);
    }
    assert.equal(call.certificate, null);
  });

  test('refuses a certificate for another resource, also with every signature of the old group', () => {
    const { certificate } = handOverFile();
    const value = { ...certificate.value, resource: 'account/9' };
    const place = planOf(OLD, certificate.window, HANDING);
    const commits = votesOf(place, 'commit', 0, value, [1, 2, 3]);
    const file = { groupId: groupId(OLD), certificate: certificateOf(place, 0, value, commits) };
    const read = takeOverOf(NEW, { group: OLD, schedule: HANDING }, file, fakeVerify);
    assert.equal(
      read.ok ? 'taken over' : read.why,
      'the certificate is for the resource account/9, not for account/1',
    );
  });
});
