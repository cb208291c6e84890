import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordError } from '../../rule/index.ts';
import { policyDocument } from '../testing/services.ts';
import { nextChange } from './changes.ts';
import {
  decodePolicy,
  decodeRecord,
  encodeRecord,
  type RecordKind,
  type RecordOf,
  toBytes,
  toSharedBytes,
  toText,
} from './records.ts';

/** A record of each kind. Members that may be null are not. */
const EXAMPLES: { readonly [Kind in RecordKind]: RecordOf<Kind> } = {
  ledger: { id: '5c', createdMs: 1 },
  epoch: { epoch: 'e1' },
  session: { session: '5c', counter: '7' },
  peerSecret: { secret: 'x' },
  pointer: { versionId: 'v1', version: 1 },
  change: {
    ...{ by: 'ada', atMs: 1, prev: 'ab'.repeat(32), version: 2, policy: null },
    token: { role: 'node', name: 'a', original: { chain: 'c', key: 'k' }, made: 1, revoked: true },
  },
  service: { name: 'one', url: 'http://one', state: 'joining', vouchedBy: 'two', reason: 'compared' },
  recovery: {
    ...{ plan: 'p', confirmation: 'all stopped', epoch: 'e2', voided: ['e1'], atMs: 1, doneMs: 2 },
    open: [{ chain: 'c', key: 'k' }],
  },
  watch: { holder: 'a', term: '4', relief: 'b' },
  presence: { lease: 'l' },
  keyLease: { id: '1f', node: 'a', lease: 'l', key: 'k', sinceMs: 3 },
  set: { set: '7' },
  token: {
    ...{ role: 'node', name: 'a', createdMs: 1, by: 'ada', made: 1, revoked: false },
    original: { chain: 'c', key: 'k' },
  },
};

const KINDS = Object.keys(EXAMPLES) as RecordKind[];
const NULLABLE = new Set(['url', 'vouchedBy', 'reason', 'doneMs', 'holder', 'relief', 'original']);
const ENUMS: Readonly<Record<string, readonly string[]>> = {
  'service.state': ['joining', 'serving', 'removed'],
  'token.role': ['node', 'observer', 'operator', 'reader'],
};

const reads = <Kind extends RecordKind>(kind: Kind, record: object): RecordOf<Kind> | null => {
  try {
    return decodeRecord(kind, encodeRecord(kind, record as RecordOf<Kind>));
  } catch (error) {
    assert.ok(error instanceof RecordError);
    assert.match(error.message, new RegExp(`the ${kind} record`));
    return null;
  }
};

test('every record is read as it was written', () => {
  for (const kind of KINDS) assert.deepEqual(reads(kind, EXAMPLES[kind]), EXAMPLES[kind], kind);
});

test('a record without a member, with one of another kind or with one too many is refused', () => {
  for (const kind of KINDS) {
    const example = EXAMPLES[kind];
    assert.equal(reads(kind, { ...example, more: 1 }), null, kind);
    for (const [member, value] of Object.entries(example)) {
      const { [member]: _left, ...rest } = example as Record<string, unknown>;
      assert.equal(reads(kind, rest), null, `${kind} without ${member}`);
      const wrong = typeof value === 'string' ? 1 : 'text';
      assert.equal(reads(kind, { ...rest, [member]: wrong }), null, `${kind} ${member}`);
      const nulled = { ...example, [member]: null };
      if (NULLABLE.has(member)) assert.deepEqual(reads(kind, nulled), nulled, `${kind} ${member}`);
      else if (value !== null) assert.equal(reads(kind, nulled), null, `${kind} ${member}`);
    }
  }
});

test('the members of a list or of a key are checked too', () => {
  const { recovery, token } = EXAMPLES;
  for (const pair of [
    { chain: 'c' },
    { key: 'k' },
    { chain: 'c', key: 'k', more: 1 },
    { chain: 1, key: 'k' },
  ]) {
    assert.equal(reads('recovery', { ...recovery, open: [pair] }), null);
    assert.equal(reads('token', { ...token, original: pair }), null);
  }
  assert.equal(reads('recovery', { ...recovery, voided: [1] }), null);
});

test('a state or a role is one of those that are known', () => {
  for (const [place, words] of Object.entries(ENUMS)) {
    const [kind, member] = place.split('.') as [RecordKind, string];
    for (const word of words) {
      const record = { ...EXAMPLES[kind], [member]: word };
      assert.deepEqual(reads(kind, record), record, word);
    }
    assert.equal(reads(kind, { ...EXAMPLES[kind], [member]: '' }), null, place);
  }
});

test('a term and a set have one spelling', () => {
  for (const number of ['0', '7', '10', '18446744073709551615']) {
    assert.deepEqual(reads('set', { set: number }), { set: number });
    assert.equal(reads('watch', { ...EXAMPLES.watch, term: number })?.term, number);
  }
  for (const number of ['', '01', '-1', '1x', 'x1', '1.0', ' 1']) {
    assert.equal(reads('set', { set: number }), null);
    assert.equal(reads('watch', { ...EXAMPLES.watch, term: number }), null);
  }
});

test('a record of another version, or that is no JSON, is refused by its name', () => {
  for (const [text, why] of [
    [
      '{"lease":"l","v":2}',
      /the presence record.*it has version 2, this release reads version 1\. .*new ledger/,
    ],
    ['{"lease":"l"}', /it has version undefined/],
    ['null', /it has version undefined/],
    ['7', /it has version undefined/],
    ['{"lease"', /the presence record.*it is not JSON/],
    ['{"v":1}', /lease: /],
    ['{"more":1,"lease":"l","v":1}', /it: /],
  ] as const)
    assert.throws(() => decodeRecord('presence', text), { name: 'RecordError', message: why });
});

test('a policy is kept with who applied it and when, under the hash of that text', () => {
  const policy = { ...policyDocument(), mode: 'enforce' } as const;
  const { text, pointer } = nextChange(null, { by: 'ada', atMs: 7, policy, token: null });
  assert.deepEqual(decodePolicy(text, pointer.versionId), { ...policy, ...pointer });
  assert.equal(decodeRecord('change', text).by, 'ada');
  for (const other of [text.replace('ada', 'bob'), encodeRecord('change', EXAMPLES.change)])
    assert.throws(() => decodePolicy(other, pointer.versionId), /its text was changed/);
  assert.equal(reads('change', { ...EXAMPLES.change, policy }), null, 'one change is of one thing');
});

test('bytes that are no UTF-8 are no text, and the record is named', () => {
  assert.equal(toText(toBytes('ä'), 'k'), 'ä');
  assert.throws(
    () => toText(new Uint8Array([0xff]), 'k'),
    /^RecordError: the record k cannot be read: its bytes/,
  );
});

test('the shared bytes of a text are its bytes, encoded once, for a bounded number of texts', () => {
  const text = '{"epoch":"ä"}';
  const first = toSharedBytes(text);
  assert.deepEqual(first, toBytes(text));
  assert.deepEqual(toSharedBytes('another'), toBytes('another'));
  assert.equal(toSharedBytes(`{"epoch":${JSON.stringify('ä')}}`), first);
  for (let n = 0; n < 4_095; n++) assert.deepEqual(toSharedBytes(String(n)), toBytes(String(n)));
  assert.notEqual(toSharedBytes(text), first, 'it was forgotten');
  assert.deepEqual(toSharedBytes(text), first);
});

test('an epoch of another version is refused with what to do', () => {
  for (const version of [1, 3])
    assert.throws(
      () => decodeRecord('epoch', `{"epoch":"09aa","v":${version}}`),
      new RegExp(`has version ${version}, this release reads version 2[.] .*begin a new ledger.*import`),
    );
  for (const text of ['', '[]', 'null', '{"v":2}'])
    assert.throws(() => decodeRecord('epoch', text), /the epoch record cannot be read/);
});
