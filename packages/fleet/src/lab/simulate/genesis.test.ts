import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json, JsonRecord } from '@watchbill/kit';
import fc from 'fast-check';
import { parseExact } from './exact-json.ts';
import { GenesisFault, isRaw, mergePatch, withGenesis } from './genesis.ts';
import { simulationSchema } from './schema.ts';

const SPEC = `{"id": "q", "genesis": {"runtimeGenesis": {"code": "0x00", "patch": {
  "balances": {"balances": [["old", 123456789012345678901234567890], ["alice-account", 5]]},
  "hrmp": {}, "session": {"keys": [1]}}}}}`;

function simulation(more: object, nodes: readonly object[] = [{ name: 'alice', balance: 7 }]) {
  return simulationSchema.parse({
    format: 'watchbill/simulation/1',
    name: 'quayside',
    ...more,
    relay: { command: './node', chain: 'dev', nodes, ...('relay' in more ? (more.relay as object) : {}) },
  });
}

const ACCOUNTS = new Map([['alice', 'alice-account']]);

test('the genesis gets the balances, the channels and the patch, and wide numbers keep every digit', () => {
  const wanted = simulation({
    relay: { genesis: { session: null, sudo: { key: 'root' } } },
    parachains: [
      { id: 1, chain: 'one' },
      { id: 2, chain: 'two' },
    ],
    hrmp: [{ sender: 1, recipient: 2, maxCapacity: 8, maxMessageSize: 512 }],
  });
  const text = JSON.stringify(withGenesis(parseExact(SPEC) as JsonRecord, wanted, ACCOUNTS));
  assert.ok(text.includes('["old",123456789012345678901234567890],["alice-account",7]'), text);
  assert.ok(text.includes('"preopenHrmpChannels":[[1,2,8,512]]'));
  assert.ok(!text.includes('"session"'), 'null takes a key away');
  assert.ok(text.includes('"sudo":{"key":"root"}'));
  assert.ok(text.includes('"code":"0x00"'));
});

test('a balance wider than a double is written unchanged', () => {
  const wanted = simulation({}, [{ name: 'alice', balance: '99999999999999999999' }]);
  const text = JSON.stringify(withGenesis(parseExact(SPEC) as JsonRecord, wanted, ACCOUNTS));
  assert.ok(text.includes('["alice-account",99999999999999999999]'), text);
});

test('a genesis without a place for the wanted settings is refused', () => {
  const raw: JsonRecord = { genesis: { raw: { top: {} } } };
  assert.ok(isRaw(raw));
  assert.throws(() => withGenesis(raw, simulation({}), ACCOUNTS), GenesisFault);
  const bare: JsonRecord = { genesis: { runtimeGenesis: { patch: {} } } };
  assert.throws(() => withGenesis(bare, simulation({}), ACCOUNTS), /no list of balances/);
  const channels = simulation({ hrmp: [{ sender: 1, recipient: 2, maxCapacity: 8, maxMessageSize: 512 }] }, [
    { name: 'alice' },
  ]);
  assert.throws(() => withGenesis(bare, channels, ACCOUNTS), /no pallet hrmp/);
});

test('a merge follows RFC 7396: it is idempotent, and an empty one has no effect', () => {
  const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
  fc.assert(
    fc.property(json, json, (target, patch) => {
      const once = mergePatch(target, patch);
      assert.deepEqual(mergePatch(once, patch), once);
    }),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.string(), json), (target) =>
      assert.deepEqual({ ...(mergePatch(target, {}) as object) }, { ...target }),
    ),
  );
});
