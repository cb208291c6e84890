import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { evidenceDigest } from './attachments.ts';
import { decodeMessage, encodeMessage } from './codec.ts';
import { MAX_EVIDENCE_BYTES, MAX_FACTS_BYTES, MAX_MESSAGE_BYTES } from './limits.ts';
import { MAX_CONTENT_BYTES, type Message, type Statement } from './messages.ts';
import { openMessage } from './open.ts';
import { justificationOf } from './proof.ts';
import { domainOf } from './signing.ts';
import {
  fakeOperators,
  fakePlan,
  fakeValue,
  fakeVerify,
  fakeVoices,
  hashed,
} from './testing/fake-operators.ts';

function setting(members: number) {
  const operators = fakeOperators(members);
  const plan = fakePlan(operators, 5n);
  const voices = fakeVoices(operators, plan);
  const encode = (message: Message) => encodeMessage(domainOf(plan), message);
  const open = (bytes: Uint8Array) => openMessage(plan, members - 1, fakeVerify, bytes);
  return { operators, plan, voices, encode, open };
}

/** Every kind of message, in every form that it has, of a group of four; all of them good. */
function allMessages() {
  const { plan, voices } = setting(4);
  const { rankChange, propose, hello, refusal, prepare, commit, certificate, say } = voices;
  const value = fakeValue(plan);
  const leader = plan.leaders[1] ?? -1;
  const justified = (changes: readonly Message[]) => {
    const justification = justificationOf(plan, changes);
    assert.ok(justification !== null);
    return propose(leader, 1, value, justification);
  };
  const seats = [0, 1, 2];
  const proof = Uint8Array.from([1, 2, 3]);
  const messages: readonly Message[] = [
    hello(0),
    propose(plan.leaders[0] ?? -1, 0, value),
    justified(seats.map((seat) => rankChange(seat, 1, null))),
    justified(seats.map((seat) => rankChange(seat, 1, seat === 1 ? value : null))),
    prepare(0, 3, value),
    commit(1, 2, value),
    rankChange(2, 1, null, 0, false),
    rankChange(1, 3, value, 2),
    refusal(0, 0, value, 'unhealthy', Uint8Array.from([7])),
    certificate(2, 2, value),
    say(0, 0, { kind: 'evidence', digest: evidenceDigest(proof) }, { bytes: proof }),
  ];
  return messages.filter(({ header }) => header.seat !== 3);
}

describe('a message', () => {
  const { plan, encode, open } = setting(4);

  test('of every kind comes back from its bytes, and opens', () => {
    const kinds = new Set<Statement['kind']>();
    for (const message of allMessages()) {
      const decoded = decodeMessage(encode(message));
      assert.ok(decoded.ok, message.statement.kind);
      assert.deepEqual(decoded.message, message);
      const { group, groupId, scheduleDigest } = plan;
      assert.deepEqual(decoded.domain, { genesis: group.genesis, groupId, scheduleDigest });
      assert.deepEqual(open(encode(message)), { ok: true, message });
      kinds.add(message.statement.kind);
    }
    assert.equal(kinds.size, 8);
  });

  test('with any bit changed is refused', () => {
    for (const message of allMessages()) {
      const bytes = encode(message);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const changed = Uint8Array.from(bytes);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        assert.ok(!open(changed).ok, `${message.statement.kind}, bit ${bit}`);
      }
    }
  });

  test('cut off anywhere, or with a byte more, is malformed', () => {
    for (const message of allMessages()) {
      const bytes = encode(message);
      for (let length = 0; length < bytes.length; length++) {
        assert.deepEqual(decodeMessage(bytes.subarray(0, length)), { ok: false, refusal: 'malformed' });
      }
      const longer = Uint8Array.from([...bytes, 0]);
      assert.deepEqual(decodeMessage(longer), { ok: false, refusal: 'malformed' });
    }
  });

  test('of another version of the protocol is of another domain', () => {
    const bytes = encode(allMessages()[0] as Message);
    bytes[21] = '2'.charCodeAt(0);
    assert.deepEqual(decodeMessage(bytes), { ok: false, refusal: 'wrong-domain' });
  });
});

describe('any bytes', () => {
  const { open, encode } = setting(4);
  const samples = allMessages().map(encode);

  test('are refused or are the one encoding of their value', () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom('set', 'cut', 'add', 'swap')), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(fc.constantFrom(...samples), edits, (sample, changes) => {
        const bytes = [...sample];
        for (const [at, byte, how] of changes) {
          const place = at % (bytes.length + 1);
          if (how === 'set') bytes[place] = byte;
          if (how === 'cut') bytes.splice(place, (byte % 80) + 1);
          if (how === 'add') bytes.splice(place, 0, byte);
          if (how === 'swap') bytes.push(...bytes.splice(place, byte));
        }
        checkBytes(Uint8Array.from(bytes));
      }),
      { numRuns: 3_000 },
    );
  });

  test('at random, behind a good beginning, are refused or encoded so', () => {
    const heads = samples.map((sample) => sample.subarray(0, 134));
    fc.assert(
      fc.property(
        fc.constantFrom(new Uint8Array(), ...heads),
        fc.uint8Array({ maxLength: 600 }),
        (head, tail) => checkBytes(Uint8Array.from([...head, ...tail])),
      ),
      { numRuns: 2_000 },
    );
  });

  function checkBytes(bytes: Uint8Array): void {
    const decoded = decodeMessage(bytes);
    if (decoded.ok) assert.deepEqual(encodeMessage(decoded.domain, decoded.message), bytes);
    const opened = open(bytes);
    // Only the samples are signed, so a message that opens is one of them.
    if (opened.ok) assert.ok(samples.some((sample) => Buffer.compare(sample, bytes) === 0));
  }
});

describe('the limits of a message', () => {
  /**
   * The largest there is: a proposal of a later rank, prepared, with a quorum of rank-changes and one of
   * prepares.
   */
  function largest(members: number, contentBytes: number) {
    const { plan, voices, encode, open } = setting(members);
    const name = 'a'.repeat(64);
    const value = {
      ...fakeValue(plan, new Uint8Array(contentBytes).fill(7)),
      action: name,
      resource: name + name,
    };
    const changes = voices.first.map((seat) => voices.rankChange(seat, 1, value));
    const justification = justificationOf(plan, changes);
    assert.ok(justification !== null);
    assert.equal(justification.rankChanges.length, Math.floor((2 * members) / 3) + 1);
    assert.equal(justification.prepares.length, justification.rankChanges.length);
    const bytes = encode(voices.propose(0, 1, value, justification));
    assert.ok(open(bytes).ok);
    for (const message of [changes[0] as Message, voices.certificate(0, 1, value)]) {
      assert.ok(encode(message).length < bytes.length);
    }
    return bytes.length;
  }

  test('have room for 31 members and a content of 8 KiB', () => {
    const length = largest(31, MAX_CONTENT_BYTES);
    assert.equal(length, 133 + 195 + (236 + 8_192) + (1 + 21 * 101 + 1 + 21 * 66) + 64);
    assert.ok(length <= MAX_MESSAGE_BYTES);
  });

  test('and for 50 members, the most there can be, as well', () => {
    const length = largest(50, MAX_CONTENT_BYTES);
    assert.equal(length, 133 + 195 + (236 + 8_192) + (1 + 34 * 101 + 1 + 34 * 66) + 64);
    assert.ok(length <= MAX_MESSAGE_BYTES);
  });

  test('refuse larger ones before they are read', () => {
    const bytes = new Uint8Array(MAX_MESSAGE_BYTES + 1);
    assert.deepEqual(decodeMessage(bytes), { ok: false, refusal: 'too-large' });
    assert.deepEqual(decodeMessage(bytes.subarray(1)), { ok: false, refusal: 'malformed' });
  });

  test('refuse more content, facts or evidence than fit', () => {
    const { plan, voices, encode } = setting(4);
    const propose = (length: number) => encode(voices.propose(0, 0, fakeValue(plan, new Uint8Array(length))));
    assert.ok(propose(MAX_CONTENT_BYTES).length > MAX_CONTENT_BYTES);
    assert.throws(() => propose(MAX_CONTENT_BYTES + 1), RangeError);
    const refusal = (length: number) =>
      encode(voices.refusal(0, 0, fakeValue(plan), 'code', new Uint8Array(length)));
    assert.ok(refusal(MAX_FACTS_BYTES).length > MAX_FACTS_BYTES);
    assert.throws(() => refusal(MAX_FACTS_BYTES + 1), RangeError);
    const evidence = (length: number) =>
      encode(voices.say(0, 0, { kind: 'evidence', digest: hashed('') }, { bytes: new Uint8Array(length) }));
    assert.ok(evidence(MAX_EVIDENCE_BYTES).length <= MAX_MESSAGE_BYTES);
    assert.throws(() => evidence(MAX_EVIDENCE_BYTES + 1), RangeError);
  });

  test('a value that grew in a message is refused by its reader too', () => {
    const { plan, voices, encode } = setting(4);
    const bytes = encode(voices.propose(0, 0, fakeValue(plan, new Uint8Array(MAX_CONTENT_BYTES))));
    const at = bytes.length - 64 - MAX_CONTENT_BYTES - 2;
    assert.deepEqual([...bytes.subarray(at, at + 2)], [0x20, 0x00]);
    const longer = Uint8Array.from([...bytes.subarray(0, at), 0x20, 0x01, 0, ...bytes.subarray(at + 2)]);
    assert.deepEqual(decodeMessage(longer), { ok: false, refusal: 'malformed' });
  });
});

describe('messages that no member should send', () => {
  const { plan, voices, encode } = setting(4);
  const value = fakeValue(plan);
  const { say, propose, rankChange, prepare } = voices;
  const rows: readonly (readonly [string, () => Message])[] = [
    [
      'a hello in a later rank',
      () => ({ ...voices.hello(0), header: { ...voices.hello(0).header, rank: 1 } }),
    ],
    ['a proposal of a later rank without a justification', () => propose(0, 1, value)],
    ['a proposal of rank 0 with one', () => propose(0, 0, value, { rankChanges: [], prepares: [] })],
    ['a rank-change into rank 0', () => rankChange(0, 0, null)],
    ['a rank-change that was prepared in the rank that it enters', () => rankChange(0, 1, value, 1)],
    [
      'a prepare with a value',
      () => ({ ...prepare(0, 0, value), attachment: propose(0, 0, value).attachment }),
    ],
    ['a certificate without its value', () => say(0, 0, { kind: 'certificate', digest: hashed('') })],
    ['evidence in a later rank', () => say(0, 1, { kind: 'evidence', digest: hashed('') })],
    ['an action without a name', () => propose(0, 0, value, null, { action: '' })],
    ['an action with a blank', () => propose(0, 0, value, null, { action: 'a b' })],
  ];
  for (const [name, message] of rows) {
    test(`is not encoded: ${name}`, () => assert.throws(() => encode(message()), RangeError));
  }

  test('votes out of order, or twice of a seat', () => {
    const [first, second, third] = voices.votes('commit', 0, hashed(''));
    assert.ok(first && second && third);
    for (const votes of [
      [second, first, third],
      [first, first, second],
    ]) {
      const message = { ...voices.certificate(0, 0, value) };
      assert.throws(() => encode({ ...message, attachment: { ...message.attachment, votes } }), RangeError);
    }
  });
});

describe('bytes that no writer makes are malformed', () => {
  const { plan, voices, encode } = setting(4);
  const RANK_AT = 22 + 96 + 4 + 8;
  const STATEMENT_AT = RANK_AT + 3;
  const value = fakeValue(plan);

  /** A message with bytes put in the place of others. */
  function spliced(message: Message, at: number, removed: number, inserted: readonly number[]): Uint8Array {
    const bytes = [...encode(message)];
    bytes.splice(at, removed, ...inserted);
    return Uint8Array.from(bytes);
  }

  const assertMalformed = (bytes: Uint8Array) =>
    assert.deepEqual(decodeMessage(bytes), { ok: false, refusal: 'malformed' });

  test('a statement in a rank that does not allow it', () => {
    const into = (message: Message, rank: number) => spliced(message, RANK_AT, 1, [rank]);
    assert.ok(decodeMessage(into(voices.hello(0), 0)).ok);
    assertMalformed(into(voices.hello(0), 1));
    assertMalformed(into(voices.propose(0, 0, value), 1));
    assertMalformed(into(voices.rankChange(0, 1, null), 0));
    assertMalformed(into(voices.rankChange(0, 3, value, 2), 2));
  });

  test('versions of a hello that do not rise, none, or too many', () => {
    const hello = voices.hello(0);
    const version = [...encode(hello)].slice(STATEMENT_AT + 2, STATEMENT_AT + 2 + 44);
    const second = version.with(3, 2);
    const of = (...versions: readonly (readonly number[])[]) =>
      spliced(hello, STATEMENT_AT + 1, 45, [versions.length, ...versions.flat()]);
    assert.ok(decodeMessage(of(version, second)).ok);
    assertMalformed(of(second, version));
    assertMalformed(of(version, version));
    assertMalformed(of());
    const many = Array.from({ length: 17 }, (_, i) => version.with(3, i + 1));
    assert.ok(decodeMessage(of(...many.slice(1))).ok);
    assertMalformed(of(...many));
  });

  test('an action of more than 64 characters', () => {
    const at = STATEMENT_AT + 1 + 96;
    const named = (length: number) =>
      spliced(voices.propose(0, 0, value), at, 1 + 'upgrade'.length, [length, ...Array(length).fill(97)]);
    assert.ok(decodeMessage(named(64)).ok);
    assertMalformed(named(65));
  });

  test('more votes than there can be members', () => {
    const certificate = voices.certificate(0, 0, value);
    const bytes = encode(certificate);
    const votes = (count: number) =>
      Array.from({ length: count }, (_, seat) => [0, seat, ...Array(64).fill(7)]).flat();
    const of = (count: number) =>
      spliced(certificate, bytes.length - 64 - 1 - 3 * 66, 1 + 3 * 66, [count, ...votes(count)]);
    assert.ok(decodeMessage(of(50)).ok);
    assertMalformed(of(51));
  });
});
