import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { callValue, decodeCall, encodeCall } from './call.ts';
import type { Json } from './json.ts';
import { ALICE, DEVNET } from './testing/metadata.ts';

test('whatever bytes come, a call is read or refused; what is read has no other bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 0, max: 30 }), (bytes, pallet) => {
      const hostile = Uint8Array.of(pallet, ...bytes);
      const read = decodeCall(DEVNET, hostile);
      if (read.result === 'refused') return assert.ok(['undecodable', 'trailing-bytes'].includes(read.code));
      const again = encodeCall(DEVNET, read.call.pallet, read.call.call, read.call.arguments);
      assert.deepEqual(again, { result: 'bytes', bytes: hostile });
    }),
    { numRuns: 2_000 },
  );
});

test('lists that lie about their length, deep nesting and longer forms of numbers are refused', () => {
  const refusal = (hex: string): string => {
    const read = decodeCall(DEVNET, Uint8Array.from(Buffer.from(hex, 'hex')));
    return read.result === 'refused' ? `${read.code}: ${read.detail}` : 'read';
  };
  assert.equal(refusal('00000402'), 'read');
  assert.match(refusal('0000040200'), /^trailing-bytes: 1 bytes follow/);
  assert.match(refusal('0000feffffff02'), /longer than the bytes that are left/);
  assert.match(refusal('000003ffffffff02'), /longer than the bytes that are left/);
  assert.match(refusal('0000050002'), /longer than it needs to be/);
  assert.match(refusal('fe00'), /no variant 254/);
  assert.equal(refusal(`040400${'07'.repeat(32)}01`), 'read');
  assert.match(refusal(`040400${'07'.repeat(32)}02`), /neither 0 nor 1/);
  assert.match(refusal(''), /ends? after 0/);
  assert.match(refusal(`${'ff00'.repeat(2_000)}00000402`), /nested too deeply/);
  assert.match(refusal('1000feffffff'), /longer/);
});

test('calls inside others are all named, the outer one first, also where one cannot be read', () => {
  const inner = callValue('System', 'remark', { remark: '0x' });
  const nested = callValue('Utility', 'batch', {
    calls: [inner, callValue('Sudo', 'sudo', { call: inner })],
  });
  const written = encodeCall(DEVNET, 'Proxy', 'proxy', { real: ALICE, force_proxy_type: null, call: nested });
  assert.ok(written.result === 'bytes');
  const read = decodeCall(DEVNET, written.bytes);
  assert.deepEqual(read.result === 'call' ? read.call.calls : [], [
    'Proxy.proxy',
    'Utility.batch',
    'System.remark',
    'Sudo.sudo',
    'System.remark',
  ]);
});

test('what people write wrong is refused with its place', () => {
  const said = (pallet: string, call: string, args: Json): string => {
    const written = encodeCall(DEVNET, pallet, call, args);
    return written.result === 'refused' ? `${written.code}: ${written.detail}` : 'bytes';
  };
  const to = { dest: ALICE, value: '1' };
  assert.equal(said('Balances', 'transfer_keep_alive', to), 'bytes');
  assert.equal(said('Balances', 'transfer_keep_alive', { ...to, value: 1 }), 'bytes');
  const cases: readonly (readonly [Json, RegExp])[] = [
    [{ dest: ALICE }, /^unfit: .*value is missing$/],
    [{ ...to, more: 1 }, /more is not known here; known are dest, value/],
    [{ ...to, value: 1.5 }, /value must be a whole number/],
    [{ ...to, value: '-1' }, /value must fit u128/],
    [{ ...to, value: (1n << 128n).toString() }, /value must fit u128/],
    [{ ...to, value: null }, /value must be a whole number/],
    [{ ...to, dest: `${ALICE}x` }, /dest\.Id must be an SS58 address/],
    [{ ...to, dest: { type: 'Nobody' } }, /dest\.Nobody does not exist; known are Id/],
    [{ ...to, dest: 7 }, /dest must be \{"type"/],
    ['0x', /must have dest, value/],
  ];
  for (const [args, text] of cases) assert.match(said('Balances', 'transfer_keep_alive', args), text);
  assert.match(said('Balance', 'transfer', {}), /Balance does not exist/);
  assert.match(said('Balances', 'transfer', {}), /transfer does not exist/);
  assert.match(said('Balances', 'toString', {}), /does not exist/);
  assert.match(said('System', 'remark', { remark: 'text' }), /must be hex/);
});
