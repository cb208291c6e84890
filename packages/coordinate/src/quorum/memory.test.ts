import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Leases } from './lease.ts';
import { certificateIn, decodeMemory, encodeLeases, encodeMemory, leasesIn } from './memory.ts';
import { freshRound } from './round.ts';
import { quorumRules } from './rules.ts';
import { SAFE_SWITCHES } from './self.ts';
import { fakeKey, fakeVerify, hashAt, planOf, SCHEDULE } from './testing/fake-group.ts';
import { GROUP, LEADERS, memberAt, others, PLAN } from './testing/fake-member.ts';
import { callOf, certificateOf, messageOf, proposeOf } from './testing/fake-messages.ts';
import { valueDigest } from './value.ts';

const [FIRST = -1, SECOND = -1, THIRD = -1] = LEADERS;
const VALUE = callOf(PLAN, 1);
const DIGEST = valueDigest(VALUE);

const lease = (until: bigint): Leases => ({ until, handOver: null });

/** A member that has locked and committed. */
function lockedMember() {
  const member = memberAt(THIRD);
  member.hear(proposeOf(PLAN, FIRST, 0, VALUE));
  member.answer({ result: 'valid' });
  member.hear(
    ...[FIRST, SECOND].map((seat) => messageOf(PLAN, seat, 0, { kind: 'prepare', digest: DIGEST })),
  );
  return member;
}

const memoryOf = (member: ReturnType<typeof lockedMember>) =>
  member.node.stored()?.memory ?? new Uint8Array();

describe('the memory of a window', () => {
  test('is read back unchanged', () => {
    const member = lockedMember();
    const { running } = member.node.state();
    assert.ok(running?.phase === 'procedure');
    const read = decodeMemory(PLAN, THIRD, memoryOf(member));
    assert.ok(read.ok && read.kept !== null);
    const { places, lock, certificate, committed, blamed, abstains } = read.kept;
    assert.deepEqual(lock, running.round.lock);
    assert.deepEqual([certificate, abstains, blamed.size], [null, null, 0]);
    assert.deepEqual(committed, lease(65n));
    assert.deepEqual([...places.keys()], ['hello/0', 'prepare/0', 'commit/0']);
    for (const bySeat of places.values()) assert.deepEqual([...bySeat.keys()], [THIRD]);
  });

  test('of another window, schedule, seat or inputs is not used', () => {
    const memory = memoryOf(lockedMember());
    const why = (plan = PLAN, seat = THIRD) => {
      const read = decodeMemory(plan, seat, memory);
      return read.ok ? 'read' : read.why;
    };
    const other = new Uint8Array(32);
    assert.equal(why(), 'read');
    assert.match(why(planOf(GROUP, 2n)), /another window/);
    assert.match(why({ ...PLAN, scheduleDigest: other }), /another schedule/);
    assert.match(why({ ...PLAN, seedInput: other }), /another seed input/);
    assert.match(why({ ...PLAN, referenceHash: other }), /another reference hash/);
    assert.match(why(PLAN, FIRST), /another seat/);
  });

  test('that is damaged anywhere is refused or differs, and never throws', () => {
    const memory = memoryOf(lockedMember());
    for (let at = 0; at < memory.length; at++) {
      decodeMemory(PLAN, THIRD, memory.subarray(0, at));
      decodeMemory(PLAN, THIRD, memory.with(at, 0x5b));
    }
    assert.equal(decodeMemory(PLAN, THIRD, new Uint8Array()).ok, false);
    const other = Buffer.from(Buffer.from(memory).toString().replace('"v":2', '"v":3'));
    const read = decodeMemory(PLAN, THIRD, other);
    assert.match(read.ok ? '' : read.why, /version 3, not 2/);
    assert.equal(leasesIn(other), null);
    assert.equal(certificateIn(other, 1n), null);
  });

  test('between windows holds only the lease', () => {
    const read = decodeMemory(PLAN, THIRD, encodeLeases(lease(99n)));
    assert.deepEqual(read, { ok: true, earlier: lease(99n), kept: null });
    assert.deepEqual(leasesIn(encodeLeases(lease(99n))), lease(99n));
    const round = { ...freshRound(30n), earlier: lease(40n), committed: lease(65n) };
    const memory = encodeMemory({ self: { seat: 0 }, plan: PLAN, switches: SAFE_SWITCHES, round });
    assert.deepEqual(leasesIn(memory), lease(65n));
  });

  test('keeps a hand-over that was committed to', () => {
    const open = Uint8Array.of(1, 2);
    for (const handOver of [{ open }, { open: null }]) {
      const leases = { until: 40n, handOver };
      assert.deepEqual(leasesIn(encodeLeases(leases)), leases);
      const round = { ...freshRound(30n), committed: leases };
      const memory = encodeMemory({ self: { seat: 0 }, plan: PLAN, switches: SAFE_SWITCHES, round });
      assert.deepEqual(leasesIn(memory), leases);
    }
  });

  test('is carried into the next window only as far as a lease runs beyond it', () => {
    const rules = quorumRules({
      group: GROUP,
      schedule: SCHEDULE,
      seat: 0,
      key: fakeKey('seat 0'),
      verify: fakeVerify,
    });
    const next = planOf(GROUP, 2n).window;
    assert.equal(rules.carry(encodeLeases(lease(85n)), next), null);
    assert.deepEqual(rules.carry(encodeLeases(lease(86n)), next), encodeLeases(lease(86n)));
    const longest = SCHEDULE[0]?.agenda[0]?.validityBlocks ?? 0n;
    const unknown = rules.carry(new Uint8Array(3), next);
    assert.deepEqual(unknown, encodeLeases(lease(next.end + longest)), 'unknown is as long as any lease');
  });
});

describe('a member that comes back', () => {
  test('into a window with other inputs than before signs no more, and reports it', () => {
    const member = lockedMember();
    member.node.restart();
    const before = member.node.of('broadcast').length;
    member.node.give({ kind: 'height', height: 31n });
    const inputs = [hashAt(1n), hashAt(30n)];
    member.node.give({ kind: 'inputs', window: 1n, inputs });
    for (const height of [35n, 40n]) member.node.give({ kind: 'height', height });
    const later = member.node.of('broadcast').slice(before);
    assert.ok(later.every(({ again }) => again));
    assert.match(
      member.notes('sits-out')[0] ?? '',
      /^does not sign in this window: it began under another seed input$/,
    );
    member.node.give({ kind: 'height', height: 55n });
    const [{ outcome } = { outcome: null }] = member.node.of('record-outcome');
    assert.equal(outcome?.reason, 'interrupted');
    assert.match(
      outcome?.detail ?? '',
      /^this node did not sign in this window: it began under another seed input/,
    );
  });

  test('and does not sign stays silent after a further restart, whatever it learned in between', () => {
    const member = lockedMember();
    member.node.restart();
    member.node.give({ kind: 'height', height: 31n });
    const inputs = [hashAt(1n), hashAt(30n)];
    member.node.give({ kind: 'inputs', window: 1n, inputs });
    // It hears of the certificate, and has to remember that.
    member.hear(certificateOf(PLAN, FIRST, VALUE, others(THIRD)));
    member.node.restart();
    member.node.give({ kind: 'height', height: 35n });
    member.node.give({ kind: 'inputs', window: 1n, inputs });
    assert.equal(member.notes('sits-out').length, 2);
    assert.deepEqual(member.sent('rank-change'), []);
    member.node.give({ kind: 'height', height: 55n });
    assert.equal(member.node.of('execute').length, 1);
  });
});
