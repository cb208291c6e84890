import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  decodeStatement,
  type Expected,
  encodeStatement,
  MAX_IDENTITY_BYTES,
  MAX_STATEMENT_BYTES,
  MAX_VALIDITY_MS,
  type Statement,
  signStatement,
  statementProblem,
} from './statement.ts';
import { conformanceGroup, conformanceKey } from './testing/conformance-group.ts';

const KEYS = [0, 1, 2].map(conformanceKey);
const NOW_MS = 1_800_000_000_000;
const SKEW_MS = 1_000;

const statement: Statement = {
  groupId: new Uint8Array(32).fill(1),
  seat: 1,
  identity: new Uint8Array(38).fill(5),
  issuedMs: NOW_MS,
  expiresMs: NOW_MS + 60_000,
};

const expected: Expected = {
  group: conformanceGroup(0, { keys: KEYS }),
  identity: new Uint8Array(38).fill(5),
  nowMs: NOW_MS,
  clockSkewMs: SKEW_MS,
};

const problemOf = (change: Partial<Statement>, believed: Partial<Expected> = {}, signer = 1) =>
  statementProblem(signStatement(conformanceKey(signer), { ...statement, ...change }), {
    ...expected,
    ...believed,
  });

describe('a statement that binds an identity of the transport to an operator key', () => {
  test('holds under every scheme', async () => {
    for (const seat of [0, 1, 2]) assert.equal(await problemOf({ seat }, {}, seat), null);
    const group = conformanceGroup(1, { keys: KEYS });
    assert.equal(await problemOf({ seat: 0 }, { group }, 0), null);
  });

  const refusals = [
    ['another group', problemOf({ groupId: new Uint8Array(32) }), 'wrong-group'],
    ['a seat that does not exist', problemOf({ seat: 3 }), 'not-a-member'],
    ['the own seat, forged', problemOf({ seat: 0 }, {}, 1), 'bad-signature'],
    ['the key of another seat', problemOf({ seat: 1 }, {}, 2), 'bad-signature'],
    ['another identity', problemOf({ identity: new Uint8Array(38) }), 'bad-signature'],
    ['expired', problemOf({}, { nowMs: NOW_MS + 60_000 + SKEW_MS }), 'bad-signature'],
    ['not yet issued', problemOf({}, { nowMs: NOW_MS - SKEW_MS - 1 }), 'bad-signature'],
    ['good for too long', problemOf({ expiresMs: NOW_MS + MAX_VALIDITY_MS + 1 }), 'bad-signature'],
  ] as const;
  for (const [name, problem, reason] of refusals)
    test(`refused: ${name}`, async () => assert.equal(await problem, reason));

  test('holds at the edges of its time', async () => {
    assert.equal(await problemOf({}, { nowMs: NOW_MS + 60_000 + SKEW_MS - 1 }), null);
    assert.equal(await problemOf({}, { nowMs: NOW_MS - SKEW_MS }), null);
    assert.equal(await problemOf({ expiresMs: NOW_MS + MAX_VALIDITY_MS }), null);
  });

  test('every field is signed', async () => {
    const signed = signStatement(conformanceKey(1), statement);
    const identity = new Uint8Array(38).fill(6);
    const changes: readonly (readonly [Partial<Statement>, Partial<Expected>])[] = [
      [{ groupId: new Uint8Array(32).fill(2) }, { group: conformanceGroup(0, { keys: KEYS, groupByte: 2 }) }],
      [{ identity }, { identity }],
      [{ issuedMs: NOW_MS - 1 }, {}],
      [{ expiresMs: NOW_MS + 60_001 }, {}],
    ];
    assert.equal(await statementProblem(signed, expected), null);
    for (const [change, believed] of changes) {
      assert.equal(
        await statementProblem({ ...signed, ...change }, { ...expected, ...believed }),
        'bad-signature',
      );
    }
  });

  test('is read as it was written, and no other bytes throw', () => {
    const signed = signStatement(conformanceKey(1), {
      ...statement,
      identity: new Uint8Array(MAX_IDENTITY_BYTES),
    });
    const bytes = encodeStatement(signed);
    assert.equal(bytes.length, MAX_STATEMENT_BYTES);
    assert.deepEqual(decodeStatement(bytes), signed);
    for (let length = 0; length < bytes.length; length++)
      assert.equal(decodeStatement(bytes.slice(0, length)), null);
    assert.equal(decodeStatement(Uint8Array.from([...bytes, 0])), null);
    assert.equal(decodeStatement(bytes.with(34, 1)), null, 'of another kind');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 250 }), (random) => {
        const read = decodeStatement(random);
        if (read !== null) assert.deepEqual(encodeStatement(read), random);
      }),
    );
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
        const altered = Uint8Array.from(bytes);
        altered[at] = byte;
        const read = decodeStatement(altered);
        if (read !== null) assert.deepEqual(encodeStatement(read), altered);
      }),
      { numRuns: 1_000 },
    );
  });

  test('an identity of no bytes, or of too many, is not read', () => {
    const head = (identityLength: number) => [...new Array<number>(32).fill(1), 0, 1, 0, identityLength];
    for (const length of [0, MAX_IDENTITY_BYTES + 1]) {
      const rest = new Array<number>(length + 16 + 64).fill(0);
      assert.equal(decodeStatement(Uint8Array.from([...head(length), ...rest])), null);
    }
  });

  test('what does not fit is not signed', () => {
    const bad: readonly Partial<Statement>[] = [
      { groupId: new Uint8Array(31) },
      { identity: new Uint8Array(0) },
      { identity: new Uint8Array(MAX_IDENTITY_BYTES + 1) },
      { seat: 65_536 },
      { issuedMs: -1 },
      { expiresMs: 0.5 },
    ];
    for (const change of bad) {
      assert.throws(() => signStatement(conformanceKey(1), { ...statement, ...change }), RangeError);
    }
  });
});
