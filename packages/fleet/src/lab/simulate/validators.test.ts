import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { bytesOfHex, hexOf, storageKey } from '@watchbill/chain';
import type { JsonRecord } from '@watchbill/kit';
import { authoritiesOf } from './authorities.ts';
import { simulationSchema } from './schema.ts';
import { SimulationFault } from './simulate-fault.ts';
import { validatorRefusals } from './validators.ts';

const fixture = (name: string): JsonRecord =>
  JSON.parse(
    readFileSync(
      new URL(`../../../../../substrate/specs/watchbill-devnet-${name}.json`, import.meta.url),
      'utf8',
    ),
  ) as JsonRecord;

/** The well-known public keys of //Alice and //Bob: sr25519, then ed25519. */
const KNOWN: Readonly<Record<string, readonly [string, string]>> = {
  alice: [
    '0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d',
    '0x88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee',
  ],
  bob: [
    '0x8eaf04151687736326c9fea17e25fc5287613693c912909cb226aa4794f26a48',
    '0xd17c2d7823ebf260fd138f2d7e27d114c0145d968b5ff5006125f2414fadae69',
  ],
};
const keyOf = (name: string, type: string): string =>
  KNOWN[name]?.[type === 'gran' ? 1 : 0] ?? `0x${Buffer.from(`${name} ${type}`).toString('hex')}`;

function refusals(nodes: readonly object[], spec = fixture('2'), more: object = {}) {
  const relay = { command: './node', chain: 'dev', nodes, ...more };
  const simulation = simulationSchema.parse({ format: 'watchbill/simulation/1', name: 'quayside', relay });
  return validatorRefusals(simulation, authoritiesOf(spec), keyOf);
}

const places = (found: ReturnType<typeof refusals>): readonly string[] =>
  found.map(({ path }) => path.join('.'));
const ALICE = { name: 'alice', validator: true };
const BOB = { name: 'bob', validator: true };

test('the authorities of a genesis are read from its storage, of every kind', () => {
  assert.deepEqual(authoritiesOf(fixture('2')), [
    { type: 'babe', keys: [KNOWN.alice?.[0], KNOWN.bob?.[0]] },
    { type: 'gran', keys: [KNOWN.alice?.[1], KNOWN.bob?.[1]] },
  ]);
  assert.deepEqual(
    authoritiesOf(fixture('aura-4')).map(({ type, keys }) => [type, keys.length]),
    [
      ['aura', 4],
      ['gran', 4],
    ],
  );
});

test('the list of GRANDPA outside its pallet is read too; a list that is cut or longer is a fault', () => {
  const at = `0x${Buffer.from(':grandpa_authorities').toString('hex')}`;
  const { genesis } = fixture('1') as { genesis: { raw: { top: Record<string, string> } } };
  const value = genesis.raw.top[storageKey('Grandpa', 'Authorities')] ?? '';
  const spec = (top: JsonRecord): JsonRecord => ({ genesis: { raw: { top } } });
  const older = hexOf(Uint8Array.from([1, ...bytesOfHex(value, 'the list')]));
  assert.deepEqual(authoritiesOf(spec({ [at]: older })), [{ type: 'gran', keys: [KNOWN.alice?.[1]] }]);
  assert.deepEqual(authoritiesOf(spec({})), []);
  for (const broken of [older.slice(0, -2), `${older}00`, 'x'])
    assert.throws(() => authoritiesOf(spec({ [at]: broken })), SimulationFault);
  assert.throws(() => authoritiesOf({ genesis: {} }), /no storage/);
});

test('a file with the validators of the genesis has no problem', () => {
  assert.deepEqual(refusals([ALICE, BOB, { name: 'carol' }]), []);
  assert.deepEqual(refusals([ALICE, { name: 'carol' }], fixture('1')), []);
});

test('a validator that only the file or only the genesis has is refused at its place', () => {
  const unknown = refusals([ALICE, BOB, { name: 'carol', validator: true }]);
  assert.deepEqual(places(unknown), ['relay.nodes.2.validator']);
  assert.match(unknown[0]?.what ?? '', /no key of \/\/Carol as one \(babe, gran\)/);
  assert.match(unknown[0]?.remedy ?? '', /2 of babe, 2 of gran/);
  assert.deepEqual(places(refusals([ALICE, { name: 'bob' }])), ['relay.nodes.1.name']);
  assert.deepEqual(places(refusals([ALICE])), ['relay.nodes']);
});

test('validators of the genesis may be absent only if the file gives their number', () => {
  assert.deepEqual(refusals([ALICE], fixture('2'), { absentValidators: 1 }), []);
  assert.deepEqual(places(refusals([ALICE], fixture('4'), { absentValidators: 1 })), [
    'relay.absentValidators',
  ]);
  assert.match(
    refusals([ALICE, BOB], fixture('2'), { absentValidators: 1 })[0]?.what ?? '',
    /every validator/,
  );
});

test('a validator without a key with which the chain signs is refused', () => {
  const found = refusals([ALICE, { ...BOB, keyTypes: { babe: 'sr25519' } }]);
  assert.deepEqual(places(found), ['relay.nodes.1.keyTypes']);
  assert.match(found[0]?.remedy ?? '', /gran: ed25519/);
  assert.deepEqual(places(refusals([ALICE, BOB], fixture('aura-2'))), [
    'relay.nodes.0.name',
    'relay.nodes.1.name',
  ]);
});
