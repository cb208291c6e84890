// The same with keys of each scheme as operators have them.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KEY_SCHEMES, operatorKeyFrom, verifySignature } from '../keys/index.ts';
import { certificateOf, checkCertificate, decodeCertificate, encodeCertificate } from './certificate.ts';
import { encodeMessage } from './codec.ts';
import { decodeEvidence, encodeEvidence, equivocationOf, verifyEvidence } from './evidence.ts';
import type { Message } from './messages.ts';
import { openMessage } from './open.ts';
import { justificationOf } from './proof.ts';
import { domainOf } from './signing.ts';
import { fakeOperators, fakePlan, fakeValue, fakeVoices, hashed } from './testing/fake-operators.ts';
import { valueDigest } from './value.ts';

const OPERATORS = fakeOperators(4, {}, (seat) => {
  const scheme = KEY_SCHEMES[seat % KEY_SCHEMES.length] ?? 'ed25519';
  return operatorKeyFrom(scheme, hashed(`operator ${seat}`));
});
const PLAN = fakePlan(OPERATORS, 5n);
const VALUE = fakeValue(PLAN);
const voices = fakeVoices(OPERATORS, PLAN);
const open = (message: Message) =>
  openMessage(PLAN, 3, verifySignature, encodeMessage(domainOf(PLAN), message));

describe('with real keys of all schemes', () => {
  test('messages open, and with one bit changed do not', () => {
    assert.equal(new Set(OPERATORS.keys.map(({ scheme }) => scheme)).size, 3);
    for (const seat of [0, 1, 2]) {
      for (const message of [
        voices.hello(seat),
        voices.prepare(seat, 1, VALUE),
        voices.rankChange(seat, 1, VALUE),
      ]) {
        assert.deepEqual(open(message), { ok: true, message });
        for (let at = 0; at < 64; at += 9) {
          const signature = Uint8Array.from(message.signature);
          signature[at] = (signature[at] ?? 0) ^ 1;
          assert.deepEqual(open({ ...message, signature }), { ok: false, refusal: 'bad-signature' });
        }
      }
    }
  });

  test('the same message has the same bytes whenever it is made', () => {
    for (const seat of [0, 1, 2]) {
      assert.deepEqual(voices.prepare(seat, 1, VALUE), voices.prepare(seat, 1, VALUE));
    }
  });

  test('a justification, a certificate and evidence are valid', () => {
    const justification = justificationOf(
      PLAN,
      [0, 1, 2].map((seat) => voices.rankChange(seat, 1, VALUE)),
    );
    assert.ok(open(voices.propose(0, 1, VALUE, justification)).ok);
    const certificate = certificateOf(PLAN, 1, VALUE, voices.votes('commit', 1, valueDigest(VALUE)));
    const read = decodeCertificate(encodeCertificate(certificate));
    assert.ok(read !== null);
    assert.equal(checkCertificate(PLAN.group, PLAN.schedule, read, verifySignature), null);
    for (const seat of [0, 1, 2]) {
      const other = voices.prepare(seat, 1, fakeValue(PLAN, 'other'));
      const evidence = equivocationOf(PLAN, verifySignature, voices.prepare(seat, 1, VALUE), other);
      assert.ok(evidence !== null);
      const again = decodeEvidence(encodeEvidence(evidence));
      assert.ok(again !== null);
      const verdict = verifyEvidence(PLAN.group, PLAN.schedule, again, verifySignature);
      assert.ok(verdict.holds && verdict.culprit === seat);
    }
  });
});
