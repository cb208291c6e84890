import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storageKey } from '@watchbill/chain';
import { fixedGenesis, GENESIS_MS } from './genesis.ts';

const RELAY = { clock: 'babe', slotMs: 6_000 } as const;
const PARACHAIN = { clock: 'timestamp', slotMs: 6_000 } as const;
const NOW = storageKey('Timestamp', 'Now');
const SLOT = storageKey('Babe', 'CurrentSlot');

function specOf(top: Readonly<Record<string, string>>): string {
  return JSON.stringify({ name: 'test', properties: null, genesis: { raw: { top, childrenDefault: {} } } });
}

function number(hex: string | undefined): bigint {
  return Buffer.from((hex ?? '').slice(2), 'hex').readBigUInt64LE();
}

test('the clock is in the genesis, and the values of a test replace the old ones', () => {
  const text = specOf({ '0x01': '0xaa', '0x02': '0xbb', '0x03': '0xcc' });
  const fixed = JSON.parse(fixedGenesis(text, RELAY, { '0x01': '0xdd', '0x02': null }));
  const { top, childrenDefault } = fixed.genesis.raw;
  assert.deepEqual([top['0x01'], top['0x02'], top['0x03']], ['0xdd', undefined, '0xcc']);
  assert.equal(number(top[NOW]), BigInt(GENESIS_MS));
  assert.equal(number(top[SLOT]) * 6_000n, BigInt(GENESIS_MS));
  assert.deepEqual([fixed.name, fixed.properties, childrenDefault], ['test', {}, {}]);
});

test('a chain without slots of BABE gets none', () => {
  const { top } = JSON.parse(fixedGenesis(specOf({}), PARACHAIN, {})).genesis.raw;
  assert.deepEqual(Object.keys(top), [NOW]);
});

test('a specification that is not raw is refused', () => {
  assert.throws(() => fixedGenesis('{"genesis":{"runtime":{}}}', RELAY, {}), /no raw genesis/);
});
