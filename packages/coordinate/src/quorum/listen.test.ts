import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { VerifySignature } from '../keys/port.ts';
import { evidenceDigest } from './attachments.ts';
import type { Message } from './messages.ts';
import { fakeVerify } from './testing/fake-group.ts';
import { type FakeMember, LEADERS, memberAt, others, PLAN } from './testing/fake-member.ts';
import { bytesOf, callOf, certificateOf, messageOf, proposeOf } from './testing/fake-messages.ts';
import { valueDigest } from './value.ts';

const [FIRST = -1, SECOND = -1, THIRD = -1] = LEADERS;
const DIGEST = valueDigest(callOf(PLAN, 1));
const prepare = (seat: number, content = 1, rank = 0) =>
  messageOf(PLAN, seat, rank, { kind: 'prepare', digest: valueDigest(callOf(PLAN, content)) });

const roundOf = (member: FakeMember) => {
  const { running } = member.node.state();
  assert.ok(running?.phase === 'procedure');
  return running.round;
};

/** Counts how often a signature is really checked. */
function counting(): { readonly verify: VerifySignature; readonly checks: () => number } {
  let checks = 0;
  const verify: VerifySignature = (...signed) => {
    checks += 1;
    return fakeVerify(...signed);
  };
  return { verify, checks: () => checks };
}

test('refused messages: another frame, garbage, another window, the own seat, a seat that does not exist, a bad signature', () => {
  const member = memberAt(THIRD);
  const good = prepare(FIRST);
  member.hearBytes(bytesOf(PLAN, good), 'something/else');
  member.hearBytes(new Uint8Array(3));
  member.hearBytes(new Uint8Array(20_000));
  member.hear({ ...good, header: { ...good.header, window: 2n } });
  member.hear(prepare(THIRD));
  member.hear({ ...good, header: { ...good.header, seat: 9 } });
  member.hear({ ...good, signature: new Uint8Array(64) });
  const reasons = [
    'other-type',
    'malformed',
    'too-large',
    'wrong-window',
    'own-seat',
    'not-a-member',
    'bad-signature',
  ];
  assert.deepEqual(member.dropped(), reasons);
});

describe('each message', () => {
  test('is verified once, however often it comes', () => {
    const { verify, checks } = counting();
    const member = memberAt(THIRD, { verify });
    for (let i = 0; i < 10; i++) member.hear(prepare(FIRST));
    assert.equal(checks(), 1);
    assert.deepEqual(new Set(member.dropped()), new Set(['repeated']));
  });

  test('that was heard before is not verified again as part of a proof', () => {
    const { verify, checks } = counting();
    const member = memberAt(THIRD, { verify });
    member.hear(...others(THIRD).map((seat) => messageOf(PLAN, seat, 1, { kind: 'commit', digest: DIGEST })));
    assert.equal(checks(), 3);
    const certificate = (seat: number) => certificateOf(PLAN, seat, callOf(PLAN, 1), others(THIRD), 1);
    member.hear(certificate(FIRST));
    assert.equal(checks(), 4);
    assert.equal(member.notes('certificate').length, 1);
    // Once there is a certificate, no member needs another.
    member.hear(certificate(SECOND));
    assert.equal(checks(), 4);
  });
});

describe('a flood', () => {
  const dropsAll = (member: FakeMember, messages: readonly Message[], reason: string) => {
    const before = roundOf(member);
    const asked = member.node.done.length;
    const effects = member.hear(...messages);
    assert.deepEqual(roundOf(member), before);
    assert.equal(member.node.done.length, asked + messages.length);
    for (const effect of effects) assert.ok(effect.kind === 'dropped' && effect.why === reason);
  };

  test('of one member for one place keeps one message, and changes only counters', () => {
    const { verify, checks } = counting();
    const member = memberAt(THIRD, { verify });
    member.hear(prepare(FIRST, 1), prepare(FIRST, 2));
    const after = checks();
    dropsAll(
      member,
      Array.from({ length: 100 }, (_, i) => prepare(FIRST, 3 + i)),
      'conflicting',
    );
    assert.equal(checks(), after);
  });

  test('of hellos keeps the first', () => {
    const member = memberAt(THIRD);
    const hello = (byte: number) =>
      messageOf(PLAN, FIRST, 0, {
        kind: 'hello',
        versions: [{ version: 1, fromHeight: 0n, digest: PLAN.scheduleDigest }],
        seedInput: new Uint8Array(32).fill(byte),
        referenceHash: PLAN.referenceHash,
      });
    member.hear(hello(0));
    dropsAll(
      member,
      Array.from({ length: 100 }, (_, i) => hello(i)),
      'repeated',
    );
  });

  test('of bad evidence is checked a few times only', () => {
    const member = memberAt(THIRD);
    const evidence = (i: number) => {
      const bytes = Uint8Array.from([i, i]);
      return messageOf(PLAN, FIRST, 0, { kind: 'evidence', digest: evidenceDigest(bytes) }, { bytes });
    };
    member.hear(...Array.from({ length: 6 }, (_, i) => evidence(i)));
    assert.deepEqual(
      member.dropped(),
      Array.from({ length: 6 }, () => 'bad-proof'),
    );
    dropsAll(
      member,
      Array.from({ length: 100 }, (_, i) => evidence(10 + i)),
      'over-quota',
    );
    dropsAll(member, [evidence(0), evidence(0)], 'repeated');
    assert.deepEqual(member.faults(), []);
  });

  test('of everything that all others can sign keeps one message per place', () => {
    const member = memberAt(THIRD);
    const seats = others(THIRD);
    for (let i = 0; i < 2_000; i++) {
      const kind = i % 5 < 2 ? 'prepare' : 'commit';
      const digest = valueDigest(callOf(PLAN, i % 250));
      member.hear(messageOf(PLAN, seats[i % 3] ?? 0, i % 4, { kind, digest }));
    }
    const kept = [...roundOf(member).places.values()].reduce((sum, bySeat) => sum + bySeat.size, 0);
    // Two kinds in four ranks of three others, and the own hello.
    assert.equal(kept, 2 * 4 * 3 + 1);
    assert.ok(member.faults().every((fault) => fault.endsWith('equivocation')));
  });
});

test('a message that was altered on the way does not keep out the good one', () => {
  const member = memberAt(THIRD);
  const good = proposeOf(PLAN, FIRST, 0, callOf(PLAN, 1));
  member.hear({ ...good, attachment: { ...good.attachment, value: callOf(PLAN, 2) } }, good);
  assert.deepEqual(member.dropped(), ['bad-attachment']);
  assert.deepEqual(member.faults(), []);
  assert.equal(member.node.of('validate').length, 1);
});
