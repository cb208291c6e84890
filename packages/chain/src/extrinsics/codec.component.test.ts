import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getDynamicBuilder } from '@polkadot-api/metadata-builders';
import fc from 'fast-check';
import { scaleReader } from '../scale/reader.ts';
import type { Json } from './json.ts';
import { DEVNET } from './testing/metadata.ts';
import { valuesOf } from './testing/values.ts';
import { decodeValue } from './value-decode.ts';
import { encodeValue } from './value-encode.ts';

// The other decoder empties its cache of addresses by a timer.
const oracle = getDynamicBuilder(DEVNET.lookup);

function decoded(type: number, bytes: Uint8Array): Json {
  const source = scaleReader(bytes);
  const value = decodeValue(DEVNET, type, source);
  source.end();
  return value;
}

/** The result of the other decoder, in our form. */
function plain(value: unknown): Json {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return (value ?? null) as Json;
  const members = Object.entries(value);
  const isBare = members.length === 2 && 'type' in value && 'value' in value && value.value === undefined;
  return Object.fromEntries(
    members.filter(([name]) => !(isBare && name === 'value')).map(([name, each]) => [name, plain(each)]),
  );
}

test('any call of the runtime: what is encoded decodes to the same, and another decoder agrees', () => {
  const codec = oracle.buildDefinition(DEVNET.callType);
  fc.assert(
    fc.property(valuesOf(DEVNET, DEVNET.callType), (value) => {
      const bytes = encodeValue(DEVNET, DEVNET.callType, value);
      assert.deepEqual(decoded(DEVNET.callType, bytes), value);
      assert.deepEqual(plain(codec.dec(Uint8Array.from(bytes))), value);
    }),
    { numRuns: 400 },
  );
});

test('any event and any error of the runtime is read as another decoder reads it', () => {
  const events = DEVNET.unified.pallets.flatMap(({ events: each }) =>
    each === undefined ? [] : [each.type],
  );
  for (const type of events) {
    fc.assert(
      fc.property(valuesOf(DEVNET, type), (value) => {
        const bytes = encodeValue(DEVNET, type, value);
        assert.deepEqual(plain(oracle.buildDefinition(type).dec(Uint8Array.from(bytes))), value);
        assert.deepEqual(decoded(type, bytes), value);
      }),
      { numRuns: 20 },
    );
  }
});
