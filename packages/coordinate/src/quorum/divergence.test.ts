import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { VerifySignature } from '../keys/port.ts';
import type { KnownVersion } from './messages.ts';
import { fakeVerify, groupOf, hashAt, SCHEDULE } from './testing/fake-group.ts';
import { type FakeMember, LEADERS, memberAt, PLAN } from './testing/fake-member.ts';
import { bytesOf, helloOf, messageOf } from './testing/fake-messages.ts';
import { fakeNetwork } from './testing/fake-network.ts';

const [FIRST = -1, SECOND = -1, THIRD = -1] = LEADERS;
const OURS: KnownVersion = { version: 1, fromHeight: 0n, digest: PLAN.scheduleDigest };
const OTHER = new Uint8Array(32).fill(3);

const CODES = ['seed-differs', 'reference-differs', 'version-differs', 'unknown-version'] as const;

const told = (member: FakeMember) => CODES.flatMap((code) => member.notes(code).map(() => code));

function ending(member: FakeMember) {
  member.height(55n);
  const [recorded] = member.node.of('record-outcome');
  assert.ok(recorded !== undefined);
  return recorded.outcome;
}

describe('hellos that differ', () => {
  test('in the seed input are reported once, accuse no member, and end the window if f + 1 differ', () => {
    const member = memberAt(THIRD);
    member.hear(helloOf(PLAN, FIRST, { seedInput: OTHER }));
    member.hear(helloOf(PLAN, SECOND, { seedInput: OTHER }));
    assert.deepEqual(told(member), ['seed-differs']);
    assert.match(
      member.notes('seed-differs')[0] ?? '',
      new RegExp(`^m${FIRST} reads another input of the seed`),
    );
    const outcome = ending(member);
    assert.equal(outcome.reason, 'seed-differs');
    assert.match(outcome.detail, new RegExp(`another seed: m${FIRST}, m${SECOND}`));
    assert.deepEqual(outcome.faults, []);
  });

  test('of f members only leave it at no certificate', () => {
    const member = memberAt(THIRD);
    member.hear(helloOf(PLAN, FIRST, { seedInput: OTHER }));
    assert.equal(ending(member).reason, 'no-certificate');
  });

  test('in the reference block are reported separately', () => {
    const member = memberAt(THIRD);
    member.hear(
      helloOf(PLAN, FIRST, { referenceHash: OTHER, seedInput: OTHER }),
      helloOf(PLAN, SECOND, { referenceHash: OTHER }),
    );
    assert.deepEqual(told(member), ['reference-differs']);
    assert.equal(ending(member).reason, 'seed-differs');
  });
});

describe('another version of the schedule', () => {
  test('that is not known here is named, with the remedy', () => {
    const member = memberAt(THIRD);
    const next = { version: 2, fromHeight: 10n, digest: OTHER };
    member.hear(
      helloOf(PLAN, FIRST, { versions: [OURS, next] }),
      helloOf(PLAN, SECOND, { versions: [OURS, next] }),
    );
    assert.deepEqual(told(member), ['unknown-version']);
    assert.match(
      member.notes('unknown-version')[0] ?? '',
      /runs version 2 of the schedule, which is unknown here; install it/,
    );
    assert.equal(ending(member).reason, 'version-differs');
  });

  test('that is in force later is named, and has no effect yet', () => {
    const member = memberAt(THIRD);
    const next = { version: 2, fromHeight: 1_000n, digest: OTHER };
    member.hear(
      helloOf(PLAN, FIRST, { versions: [OURS, next] }),
      helloOf(PLAN, SECOND, { versions: [OURS, next] }),
    );
    assert.match(
      member.notes('unknown-version')[0] ?? '',
      /has version 2 of the schedule from height 1000 on; install it/,
    );
    assert.equal(ending(member).reason, 'no-certificate');
  });

  test('under the same number is no fault: another content is reported', () => {
    const member = memberAt(THIRD);
    member.hear(helloOf(PLAN, FIRST, { versions: [{ ...OURS, digest: OTHER }] }));
    assert.deepEqual(told(member), ['version-differs']);
    assert.match(member.notes('version-differs')[0] ?? '', /another content under version 1/);
  });

  test('in the messages of a member is reported once, and its further ones cost no check of a signature', () => {
    let checks = 0;
    const verify: VerifySignature = (...signed) => {
      checks += 1;
      return fakeVerify(...signed);
    };
    const member = memberAt(THIRD, { verify });
    const theirs = { ...PLAN, scheduleDigest: OTHER };
    for (const content of [1, 2]) {
      const digest = new Uint8Array(32).fill(content);
      member.hearBytes(bytesOf(theirs, messageOf(theirs, FIRST, 0, { kind: 'prepare', digest })));
    }
    assert.deepEqual(member.dropped(), ['version-differs', 'version-differs']);
    assert.equal(checks, 1);
    assert.deepEqual(told(member), ['version-differs']);
    assert.deepEqual(member.faults(), []);
  });
});

describe('a group', () => {
  test('of which one member reads a false chain agrees without it, and accuses no member', () => {
    const group = groupOf(4);
    const network = fakeNetwork(group, {
      read: (seat, height) => (seat === THIRD ? hashAt(height + 1_000n) : hashAt(height)),
    });
    network.run(29n, 55n);
    for (const [seat, node] of network.nodes) {
      assert.deepEqual(node.of('record-fault'), []);
      const [{ outcome } = { outcome: null }] = node.of('record-outcome');
      if (seat !== THIRD) assert.equal(outcome?.result, 'execute');
    }
    assert.equal(network.decided().get(1n)?.size, 1);
  });

  test('of which half runs another version ends without a certificate, and accuses no member', () => {
    const [version] = SCHEDULE;
    assert.ok(version !== undefined);
    const newer = [version, { ...version, version: 2, fromHeight: 10n }];
    const network = fakeNetwork(groupOf(4), {
      optionsOf: (seat) => ({ schedule: seat < 2 ? SCHEDULE : newer }),
    });
    network.run(29n, 55n);
    for (const node of network.nodes.values()) {
      const [{ outcome } = { outcome: null }] = node.of('record-outcome');
      assert.equal(outcome?.reason, 'version-differs');
      assert.deepEqual(outcome?.faults, []);
    }
  });
});
