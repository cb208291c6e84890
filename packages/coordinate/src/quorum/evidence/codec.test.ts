import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { evidenceDigest } from '../attachments.ts';
import { encodeMessage } from '../codec.ts';
import { MAX_EVIDENCE_BYTES, MAX_FACTS_BYTES, MAX_MESSAGE_BYTES } from '../limits.ts';
import { MAX_CONTENT_BYTES, type Message } from '../messages.ts';
import { openMessage } from '../open.ts';
import { justificationOf } from '../proof.ts';
import { MAX_PROOF_TEXT } from '../proof-file.ts';
import { domainOf } from '../signing.ts';
import { fakeValue, fakeVerify, hashed } from '../testing/fake-operators.ts';
import { decodeEvidence, encodeEvidence } from './codec.ts';
import type { Evidence, Judges } from './evidence.ts';
import { evidenceText, readEvidenceText } from './file.ts';
import {
  equivocationOf,
  forgottenLockOf,
  idlenessOf,
  impersonationOf,
  invalidContentOf,
  mistakeOf,
} from './makers.ts';
import { FAKE_JUDGES, fakeEvidenceVerifier } from './testing/fake-evidence-verifier.ts';
import { verifyEvidence } from './verify.ts';

/** Before what belongs to the kind. */
const HEAD_BYTES = 107;

/** One of each kind, in a group of that size, as large as it gets. */
function largest(
  members: number,
): { readonly evidence: readonly Evidence[]; readonly judges: Judges } & ReturnType<
  typeof fakeEvidenceVerifier
> {
  const verifier = fakeEvidenceVerifier(members);
  const { plan, voices, leader, follower } = verifier;
  const { propose, rankChange, commit, hello, refusal, first } = voices;
  const value = fakeValue(plan, new Uint8Array(MAX_CONTENT_BYTES).fill(7));
  const other = { ...value, validityBlocks: 1n };
  const justified = (rank: number, prepared: boolean) =>
    justificationOf(
      plan,
      first.map((seat) => rankChange(seat, rank, prepared ? value : null)),
    );
  const facts = new Uint8Array(MAX_FACTS_BYTES).fill(9);
  const judges: Judges = new Map([['upgrade', (judged) => (judged.facts === null ? null : 'code')]]);
  const others = (rank: number) => plan.order.filter((seat) => seat !== leader(rank));
  const made = [
    equivocationOf(
      plan,
      fakeVerify,
      propose(0, 1, value, justified(1, true)),
      propose(0, 1, other, justified(1, true)),
    ),
    impersonationOf(plan, fakeVerify, propose(follower(0), 0, value)),
    mistakeOf(plan, fakeVerify, propose(leader(1), 1, other, justified(1, true))),
    mistakeOf(plan, fakeVerify, propose(leader(1), 1, other, justified(1, false))),
    forgottenLockOf(plan, fakeVerify, commit(0, 1, value), rankChange(0, 2, value, 0)),
    invalidContentOf(
      plan,
      fakeVerify,
      propose(leader(1), 1, value, justified(1, false)),
      others(1).map((seat) => refusal(seat, 1, value, 'code', facts)),
      judges,
    ),
    idlenessOf(
      plan,
      fakeVerify,
      1,
      others(1).map((seat) => rankChange(seat, 2, value, 0, false)),
      plan.order.map((seat) => hello(seat)),
    ),
  ];
  return { ...verifier, judges, evidence: made.map((one) => one ?? assert.fail('not made')) };
}

describe('evidence', () => {
  for (const members of [4, 31, 50]) {
    test(`of every kind fits a message, and a file, of ${members} members`, () => {
      const { plan, voices, evidence } = largest(members);
      assert.equal(new Set(evidence.map(({ kind }) => kind)).size, 6);
      for (const one of evidence) {
        const bytes = encodeEvidence(one);
        assert.ok(bytes.length <= MAX_EVIDENCE_BYTES, `${one.kind}: ${bytes.length} bytes`);
        const message: Message = voices.say(
          0,
          0,
          { kind: 'evidence', digest: evidenceDigest(bytes) },
          { bytes },
        );
        const sent = encodeMessage(domainOf(plan), message);
        assert.ok(sent.length <= MAX_MESSAGE_BYTES);
        assert.ok(openMessage(plan, 1, fakeVerify, sent).ok);
        const text = evidenceText(one);
        assert.ok(text.length <= MAX_PROOF_TEXT, `${one.kind}: ${text.length} characters`);
        assert.deepEqual(readEvidenceText(text), { ok: true, evidence: one });
      }
    });
  }

  test('holds for a third party that has only the bytes, the group and the schedule', () => {
    const { plan, evidence, judges } = largest(7);
    const { group, schedule } = plan;
    for (const one of evidence) {
      const read = decodeEvidence(encodeEvidence(one));
      assert.ok(read !== null && verifyEvidence(group, schedule, read, fakeVerify, judges).holds, one.kind);
    }
  });
});

test('evidence of a proposal with more than a quorum is not made if it would not fit', () => {
  const { plan, voices, leader } = fakeEvidenceVerifier(50);
  const value = fakeValue(plan, new Uint8Array(MAX_CONTENT_BYTES));
  const facts = new Uint8Array(MAX_FACTS_BYTES);
  const judges: Judges = new Map([['upgrade', (judged) => (judged.facts === null ? null : 'bad')]]);
  const refusals = plan.order
    .filter((seat) => seat !== leader(1))
    .map((seat) => voices.refusal(seat, 1, value, 'bad', facts));
  const votes = (count: number) =>
    Array.from({ length: count }, (_, seat) => ({ seat, signature: new Uint8Array(64) }));
  const make = (prepares: number) => {
    const rankChanges = votes(34).map((vote) => ({ ...vote, prepared: null, heard: true }));
    const proposal = voices.propose(leader(1), 1, value, { rankChanges, prepares: votes(prepares) });
    return invalidContentOf(plan, fakeVerify, proposal, refusals, judges);
  };
  const good = make(0);
  assert.ok(good !== null);
  assert.equal(make(50), null);
  // Nor is it read: the same bytes with 50 votes where there were none.
  const bytes = encodeEvidence(good);
  const at = HEAD_BYTES + 202 + 1 + 1 + 34 * 68;
  assert.equal(bytes[at], 0);
  const stuffed = (count: number) => {
    const list = votes(count).flatMap(({ seat, signature }) => [0, seat, ...signature]);
    return Uint8Array.from([...bytes.subarray(0, at), count, ...list, ...bytes.subarray(at + 1)]);
  };
  assert.notEqual(decodeEvidence(stuffed(5)), null);
  assert.equal(decodeEvidence(stuffed(50)), null);
});

describe('any bytes', () => {
  const { plan, evidence, judges } = largest(4);
  const samples = evidence.map((one) => encodeEvidence(one)).map((bytes) => bytes.subarray(0, bytes.length));
  const holds = (bytes: Uint8Array) => {
    const read = decodeEvidence(bytes);
    if (read === null) return false;
    assert.deepEqual(encodeEvidence(read), bytes);
    return verifyEvidence(plan.group, plan.schedule, read, fakeVerify, judges).holds;
  };

  test('that differ in one bit from evidence do not hold', () => {
    for (const sample of samples) {
      assert.ok(holds(sample));
      // The long content is one hashed field; every 97th bit of it will do.
      const step = sample.length > 4_000 ? 97 : 1;
      for (let bit = 0; bit < sample.length * 8; bit += step) {
        const changed = Uint8Array.from(sample);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        assert.ok(!holds(changed), `bit ${bit}`);
      }
    }
  });

  test('are refused or have one encoding, and never throw', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(new Uint8Array(), ...samples.map((sample) => sample.subarray(0, HEAD_BYTES))),
        fc.uint8Array({ maxLength: 700 }),
        (head, tail) => assert.ok(!holds(Uint8Array.from([...head, ...tail]))),
      ),
      { numRuns: 2_000 },
    );
  });

  test('put together from pieces of evidence do not hold, except the whole', () => {
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.constantFrom(...samples), fc.nat(), (a, b, at) => {
        const cut = at % Math.min(a.length, b.length);
        const mixed = Uint8Array.from([...a.subarray(0, cut), ...b.subarray(cut)]);
        const isWhole = samples.some((sample) => Buffer.compare(sample, mixed) === 0);
        assert.equal(holds(mixed), isWhole);
      }),
      { numRuns: 2_000 },
    );
  });

  test('with a statement of another kind than the evidence is about are not read', () => {
    for (const sample of samples.slice(1)) {
      const statement = [3, ...hashed('a prepare')];
      const bytes = Uint8Array.from([
        ...sample.subarray(0, HEAD_BYTES),
        ...statement,
        ...sample.subarray(-64),
      ]);
      assert.equal(decodeEvidence(bytes), null);
    }
    const impersonation = samples[1] ?? assert.fail();
    const head = impersonation.subarray(0, HEAD_BYTES);
    assert.notEqual(decodeEvidence(Uint8Array.from([...head, ...impersonation.subarray(HEAD_BYTES)])), null);
  });
});

describe('a file of evidence', () => {
  const { plan, voices, value } = fakeEvidenceVerifier(4);
  const other = fakeValue(plan, 'other');
  const evidence = equivocationOf(plan, fakeVerify, voices.prepare(1, 0, value), voices.prepare(1, 0, other));
  assert.ok(evidence !== null);
  const text = evidenceText(evidence);

  test('can be read by people', () => {
    const shown = JSON.parse(text) as Record<string, unknown>;
    assert.deepEqual(
      { type: shown.type, kind: shown.kind, seat: shown.seat, window: shown.window, rank: shown.rank },
      { type: 'watchbill/quorum/evidence/1', kind: 'equivocation', seat: 1, window: '5', rank: 0 },
    );
    assert.equal(text.includes('"signature"'), false);
  });

  test('is read only if its readable fields match its bytes', () => {
    for (const [from, to] of [
      ['"seat": 1', '"seat": 2'],
      ['"equivocation"', '"idleness"'],
      ['"window": "5"', '"window": "6"'],
      ['  "rank"', ' "rank"'],
    ] as const) {
      assert.ok(text.includes(from));
      const read = readEvidenceText(text.replace(from, to));
      assert.deepEqual(read, { ok: false, why: 'its readable fields do not match its bytes' });
    }
  });

  test('of another kind is refused', () => {
    for (const other of [
      '',
      '{}',
      text.slice(0, -1),
      `${text} `,
      text.replace('"bytes": "', '"bytes": "ff'),
    ]) {
      assert.ok(!readEvidenceText(other).ok);
    }
    assert.ok(!readEvidenceText(`${text}${' '.repeat(MAX_PROOF_TEXT)}`).ok);
    fc.assert(fc.property(fc.string(), (any) => assert.ok(!readEvidenceText(any).ok)));
  });

  test('names content by its length', () => {
    const bad = fakeValue(plan, 'bad');
    const leader = plan.leaders[0] ?? -1;
    const invalid = invalidContentOf(plan, fakeVerify, voices.propose(leader, 0, bad), [], FAKE_JUDGES);
    assert.ok(invalid !== null);
    assert.ok(evidenceText(invalid).includes(`"content": "${Buffer.from('bad').toString('hex')}"`));
    const long = { ...invalid, value: { ...bad, content: new Uint8Array(100) } } as Evidence;
    assert.ok(evidenceText(long).includes('"content": "100 bytes"'));
  });
});
