import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evidenceDigest } from './attachments.ts';
import { isExpiredMessage } from './expiry.ts';
import { HAND_OVER, QUORUM_FRAME } from './self.ts';
import { SCHEDULE } from './testing/fake-group.ts';
import { GROUP, PLAN } from './testing/fake-member.ts';
import { bytesOf, callOf, messageOf } from './testing/fake-messages.ts';
import { valueDigest } from './value.ts';

test('votes expire with their window, certificates with the longest lease, evidence much later', () => {
  const digest = valueDigest(callOf(PLAN, 1));
  const bytes = Uint8Array.of(1);
  const value = callOf(PLAN, 1);
  const rows = [
    [messageOf(PLAN, 0, 0, { kind: 'commit', digest }), 60n],
    [messageOf(PLAN, 0, 0, { kind: 'certificate', digest }, { value }), 70n],
    [messageOf(PLAN, 0, 0, { kind: 'evidence', digest: evidenceDigest(bytes) }, { bytes }), 30_055n],
  ] as const;
  for (const [message, from] of rows) {
    const frame = { type: QUORUM_FRAME, payload: bytesOf(PLAN, message) };
    const isExpired = (height: bigint) =>
      isExpiredMessage({ group: GROUP, schedule: SCHEDULE }, frame, height);
    assert.deepEqual([isExpired(from - 1n), isExpired(from)], [false, true], message.statement.kind);
  }
  const handOver = { ...value, action: HAND_OVER };
  const held = messageOf(
    PLAN,
    0,
    0,
    { kind: 'certificate', digest: valueDigest(handOver) },
    { value: handOver },
  );
  const frame = { type: QUORUM_FRAME, payload: bytesOf(PLAN, held) };
  assert.equal(isExpiredMessage({ group: GROUP, schedule: SCHEDULE }, frame, 10n ** 9n), false);
  const other = { type: QUORUM_FRAME, payload: Uint8Array.of(1) };
  assert.equal(isExpiredMessage({ group: GROUP, schedule: SCHEDULE }, other, 10n ** 9n), false);
});
