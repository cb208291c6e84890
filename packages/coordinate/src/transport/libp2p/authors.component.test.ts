import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { encodeStatement, signStatement } from '../statement.ts';
import { conformanceGroup, conformanceKey } from '../testing/conformance-group.ts';
import { authorsOf } from './authors.ts';
import { ownStatement } from './own-statement.ts';
import { decodeSignedFrame, statementPrefix } from './signed-frame.ts';

const START_MS = 1_800_000_000_000;
const SKEW_MS = 1_000;
const VALID_MS = 60_000;
const peerBytes = (byte: number) => new Uint8Array(38).fill(byte);

const signed = (seat: number, peer: Uint8Array, issuedMs = START_MS) =>
  signStatement(conformanceKey(seat), {
    groupId: new Uint8Array(32).fill(1),
    seat,
    identity: peer,
    issuedMs,
    expiresMs: issuedMs + VALID_MS,
  });

function authors() {
  let nowMs = START_MS;
  const group = conformanceGroup(0, { keys: [0, 1, 2].map(conformanceKey) });
  return {
    ...authorsOf({ group, own: () => peerBytes(7), nowMs: () => nowMs, clockSkewMs: SKEW_MS }),
    at: (ms: number) => {
      nowMs = ms;
    },
  };
}

describe('the member of a peer', () => {
  test('a statement that was verified is known, and holds for its peer and its time only', async () => {
    const known = authors();
    const bytes = encodeStatement(signed(1, peerBytes(1)));
    assert.equal(known.isKnown(bytes), false);
    assert.equal(await known.seatOf(peerBytes(1), bytes), 1);
    assert.equal(known.isKnown(bytes), true);
    assert.equal(await known.seatOf(peerBytes(1), bytes), 1);
    assert.equal(await known.seatOf(peerBytes(2), bytes), 'bad-signature');
    known.at(START_MS + VALID_MS + SKEW_MS - 1);
    assert.equal(await known.seatOf(peerBytes(1), bytes), 1);
    known.at(START_MS + VALID_MS + SKEW_MS);
    assert.equal(await known.seatOf(peerBytes(1), bytes), 'bad-signature');
  });

  test('an invalid statement is not remembered', async () => {
    const known = authors();
    const bytes = encodeStatement({ ...signed(1, peerBytes(1)), seat: 2 });
    assert.equal(await known.seatOf(peerBytes(1), bytes), 'bad-signature');
    assert.equal(known.isKnown(bytes), false);
    assert.equal(await known.seatOf(peerBytes(1), Uint8Array.of(1)), 'malformed');
  });

  test('the own key of another peer differs from an earlier process, and from a forgery', async () => {
    const known = authors();
    const elsewhere = encodeStatement(signed(0, peerBytes(1)));
    assert.equal(await known.seatOf(peerBytes(1), elsewhere), 'own-key-elsewhere');
    assert.equal(await known.seatOf(peerBytes(1), elsewhere), 'own-key-elsewhere', 'also once it is known');
    assert.equal(await known.seatOf(peerBytes(2), elsewhere), 'bad-signature', 'shown by another peer');
    const earlier = encodeStatement(signed(0, peerBytes(2), START_MS - 1));
    assert.equal(await known.seatOf(peerBytes(2), earlier), 'own-past');
    assert.equal(await known.seatOf(peerBytes(7), encodeStatement(signed(0, peerBytes(7)))), 'own-past');
    const forged = { ...signed(1, peerBytes(3)), seat: 0 };
    assert.equal(await known.seatOf(peerBytes(3), encodeStatement(forged)), 'bad-signature');
  });

  test('of each member the last four are kept', async () => {
    const known = authors();
    const other = encodeStatement(signed(2, peerBytes(9)));
    await known.seatOf(peerBytes(9), other);
    const shown = [1, 2, 3, 4, 5, 6].map((peer) => encodeStatement(signed(1, peerBytes(peer))));
    for (const [index, bytes] of shown.entries())
      assert.equal(await known.seatOf(peerBytes(index + 1), bytes), 1);
    assert.deepEqual(
      shown.map((bytes) => known.isKnown(bytes)),
      [false, false, true, true, true, true],
    );
    assert.ok(known.isKnown(other));
  });
});

test('the own statement stays the same for half of its time, and is made anew when the clock goes back before it', () => {
  let nowMs = START_MS;
  const own = ownStatement({
    key: conformanceKey(0),
    groupId: new Uint8Array(32).fill(1),
    seat: 0,
    identity: peerBytes(1),
    nowMs: () => nowMs,
    validMs: VALID_MS,
  });
  const first = own();
  nowMs += VALID_MS / 2 - 1;
  assert.equal(own(), first);
  nowMs += 1;
  const second = own();
  assert.equal(second.issuedMs, nowMs);
  assert.equal(second.expiresMs, nowMs + VALID_MS);
  nowMs -= 1;
  assert.equal(own().issuedMs, nowMs);
});

describe('a message of gossip', () => {
  const statement = signed(1, peerBytes(1));

  test('is read as it was written', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (frame) => {
        const read = decodeSignedFrame(Uint8Array.from([...statementPrefix(statement), ...frame]));
        assert.deepEqual(read, { statement, statementBytes: encodeStatement(statement), frame });
      }),
    );
  });

  test('no bytes throw', () => {
    const prefix = statementPrefix(statement);
    for (let length = 0; length < prefix.length; length++) {
      assert.equal(decodeSignedFrame(prefix.slice(0, length)), null);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => assert.equal(decodeSignedFrame(bytes), null)),
    );
  });
});
