import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callValue, decodeCall, encodeCall } from '../extrinsics/call.ts';
import type { Json } from '../extrinsics/json.ts';
import { readMetadata } from '../extrinsics/metadata.ts';
import { readExtrinsic } from '../extrinsics/read-extrinsic.ts';
import { decodeValue } from '../extrinsics/value-decode.ts';
import type { RawHeader } from '../header/header.ts';
import { NodeFault } from '../rpc/fault.ts';
import { bytesOfHex, hexOf } from '../scale/hex.ts';
import { scaleReader } from '../scale/reader.ts';
import { OFFENCE_BLOCK, offenceMetadata } from '../testing/index.ts';
import { unsealedHash } from './authored.ts';
import { type Equivocation, offencesOf } from './offences.ts';
import { isSignedVote } from './vote-signature.ts';

const metadata = readMetadata(offenceMetadata());
const eventsType = metadata.unified.pallets
  .find(({ name }) => name === 'System')
  ?.storage?.items.find(({ name }) => name === 'Events')?.type.value;
assert.ok(typeof eventsType === 'number');
const EVENTS = decodeValue(metadata, eventsType, scaleReader(bytesOfHex(OFFENCE_BLOCK.events, 'the events')));

function callAt(index: number): Json {
  const bytes = bytesOfHex(OFFENCE_BLOCK.extrinsics[index], 'an extrinsic');
  const read = readExtrinsic(metadata, bytes);
  const call = read === null ? null : decodeCall(metadata, read.call);
  assert.equal(call?.result, 'call');
  return call?.result === 'call' ? call.call.value : null;
}

/** The recorded events with another kind, or another event in its place. */
function eventsWith(event: Json): Json {
  const phase = { type: 'ApplyExtrinsic', value: 1 };
  return [{ phase, event: { type: 'Offences', value: event }, topics: [] }];
}
const kindOf = (text: string) => `0x${Buffer.from(text.padEnd(16).slice(0, 16), 'latin1').toString('hex')}`;
const offence = (kind: string) =>
  eventsWith({ type: 'Offence', value: { kind: kindOf(kind), timeslot: '0x' } });

test('a recorded offence of GRANDPA: the key, the round, and two votes that the key signed', () => {
  const { equivocations, otherKinds, unread } = offencesOf(EVENTS, callAt);
  assert.deepEqual([equivocations.length, otherKinds, unread], [1, [], []]);
  const [found] = equivocations as readonly [Equivocation];
  assert.deepEqual(
    [found.duty, found.unit, found.part, found.key],
    ['grandpa', '0/7', 'prevote', '0x1dfe3e22cc0d45c70779c1095f7489a8ef3cf52d62fbd8c2fa38c9f1723502b5'],
  );
  assert.notEqual(found.digests[0], found.digests[1]);
  for (const [at, digest] of found.digests.entries()) {
    const target = { hash: digest.slice(0, 66), number: Number(`0x${digest.slice(66)}`) };
    const signature = bytesOfHex(found.signatures?.[at], 'a signature');
    const vote = { key: found.key, part: 'prevote', set: 0n, round: 7n, target, signature } as const;
    assert.equal(isSignedVote(vote), true);
  }
});

test('an offence of BABE: the key, the slot, and the hashes of two headers without their seals', () => {
  const [hash, key] = [`0x${'ab'.repeat(32)}`, `0x${'d4'.repeat(32)}`];
  const preRuntime = `0x0642414245${'b501'}${'03'.repeat(109)}`;
  const seal = `0x05424142450501${'01'}${'f2'.repeat(64)}`;
  const raw = (stateRoot: string): RawHeader => ({
    ...{ parentHash: hash, number: '0x100040', stateRoot, extrinsicsRoot: hash },
    digest: { logs: [preRuntime, '0x08', seal] },
  });
  const decoded = ({ stateRoot }: RawHeader): Json => ({
    ...{ parent_hash: hash, number: 0x10_0040, state_root: stateRoot, extrinsics_root: hash },
    digest: [
      { type: 'PreRuntime', value: ['0x42414245', `0x${'03'.repeat(109)}`] },
      { type: 'RuntimeEnvironmentUpdated' },
      { type: 'Seal', value: ['0x42414245', `0x${'01'}${'f2'.repeat(64)}`] },
    ],
  });
  const [first, second] = [raw(hash), raw(key)];
  const proof = {
    offender: key,
    slot: '299196429',
    first_header: decoded(first),
    second_header: decoded(second),
  };
  const owner = { session: 1, trie_nodes: [], validator_count: 4 };
  // Through the bytes of the runtime, so that the names are those of its metadata.
  const args = { equivocation_proof: proof, key_owner_proof: owner };
  const written = encodeCall(metadata, 'Babe', 'report_equivocation_unsigned', args);
  assert.equal(written.result, 'bytes', JSON.stringify(written));
  const read = decodeCall(metadata, written.result === 'bytes' ? written.bytes : new Uint8Array());
  assert.equal(read.result, 'call');
  const call = read.result === 'call' ? callValue('Babe', read.call.call, read.call.arguments) : null;
  assert.deepEqual(offencesOf(offence('babe:equivocation'), () => call).equivocations, [
    {
      ...{ duty: 'babe', key, unit: '299196429', part: 'seal', signatures: null },
      digests: [hexOf(unsealedHash(first)), hexOf(unsealedHash(second))],
    },
  ]);
});

test('offences of other kinds are named, and are not equivocations', () => {
  for (const kind of ['im-online:offlin', 'disputes:invalid', 'beefy:equivocati'])
    assert.deepEqual(
      offencesOf(offence(kind), () => assert.fail('no call is read')),
      { equivocations: [], otherKinds: [kind], unread: [] },
    );
  const none = [
    { phase: { type: 'Initialization' }, event: { type: 'System', value: { type: 'X' } }, topics: [] },
  ];
  assert.deepEqual(offencesOf(none, callAt), { equivocations: [], otherKinds: [], unread: [] });
});

test('a report of another shape is unread, with the reason, and not ignored', () => {
  const good = callAt(1);
  const change = (path: readonly string[], value: Json, at: Json = good): Json => {
    const [name, ...rest] = path;
    if (name === undefined) return value;
    const record = at as Readonly<Record<string, Json>>;
    return { ...record, [name]: change(rest, value, record[name] ?? null) };
  };
  const proof = ['value', 'value', 'equivocation_proof'];
  const changed = [
    [null, /its extrinsic is not a report to Grandpa/],
    [change(['type'], 'Utility'), /its extrinsic is not a report to Grandpa/],
    [change(['value', 'type'], 'note_stalled'), /its extrinsic is not a report to Grandpa/],
    [change([...proof, 'equivocation', 'type'], 'Propose'), /the kind of its votes/],
    [change([...proof, 'equivocation', 'value', 'identity'], '0x12'), /a value of 32 bytes/],
    [change([...proof, 'equivocation', 'value', 'second'], []), /a value of 32 bytes/],
    [change([...proof, 'set_id'], null), /a number in its report/],
  ] as const;
  for (const [call, why] of changed) {
    const { equivocations, unread } = offencesOf(EVENTS, () => call);
    assert.deepEqual(equivocations, []);
    assert.match(unread.join('\n'), why);
    assert.match(unread.join('\n'), /^grandpa:equivoca: /);
  }
});

test('an event of that name in another shape is a fault', () => {
  for (const value of [{ kind: 7 }, { kind: '0x12' }, null, {}])
    assert.throws(
      () => offencesOf(eventsWith({ type: 'Offence', value }), callAt),
      (error: unknown) => error instanceof NodeFault && error.code === 'malformed',
    );
  assert.throws(() => offencesOf({ no: 'list' }, callAt), NodeFault);
});
