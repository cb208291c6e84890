// The fixtures of substrate/specs, put together.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';
import { plantTree } from '../check/fixture-tree.mjs';
import { packCode } from './runtime-code.mjs';
import { assembleSpec, putTogether, readManifest, SPECS, specNames } from './spec.mjs';

const SCRIPT = fileURLToPath(new URL('spec.mjs', import.meta.url));
const CODE_KEY = '0x3a636f6465';
/** First four bytes of every Wasm module. */
const WASM_MAGIC = '0061736d';
/** Ids of runtime APIs: the first eight bytes of the BLAKE2b-64 of their names, as nodes ask for them. */
const API = { babe: 'cbca25e39f142387', aura: 'dd718d5cc53262d4' };

/** Storage key of Grandpa.Authorities. */
const GRANDPA_AUTHORITIES = '0x5f9cc45b7a00c5899361e1c6099678dc5e0621c4869aa60c02be9adcc98a0d1d';

/** Authors and validators of every chain. */
const CHAINS = {
  'watchbill-devnet-1': ['babe', 1],
  'watchbill-devnet-2': ['babe', 2],
  'watchbill-devnet-4': ['babe', 4],
  'watchbill-devnet-5': ['babe', 5],
  'watchbill-devnet-6': ['babe', 6],
  'watchbill-devnet-aura-2': ['aura', 2],
  'watchbill-devnet-aura-4': ['aura', 4],
};

function unpackedCode(id) {
  const packed = Buffer.from(JSON.parse(assembleSpec(id)).genesis.raw.top[CODE_KEY].slice(2), 'hex');
  return zstdDecompressSync(packed.subarray(8));
}

test('there is a chain of each size that the tests use', () => {
  assert.deepEqual(specNames(), Object.keys(CHAINS));
  for (const [id, [variant, validators]] of Object.entries(CHAINS)) {
    const entry = readManifest().specs[id];
    assert.deepEqual([entry.variant, entry.validators], [variant, validators]);
    assert.match(entry.genesis, /^0x[0-9a-f]{64}$/);
  }
});

test('no two chains have one genesis', () => {
  const hashes = Object.values(readManifest().specs).map((entry) => entry.genesis);
  assert.equal(new Set(hashes).size, hashes.length);
});

for (const [id, [variant, validators]] of Object.entries(CHAINS)) {
  test(`${id}: a raw specification with its code and no trace of this machine`, () => {
    const spec = JSON.parse(assembleSpec(id));
    assert.equal(spec.id, id);
    assert.deepEqual(spec.bootNodes, []);
    const code = unpackedCode(id);
    assert.equal(code.subarray(0, 4).toString('hex'), WASM_MAGIC);
    assert.equal(code.includes('/.cargo/'), false);
    const [apis] = WebAssembly.Module.customSections(new WebAssembly.Module(code), 'runtime_apis');
    const names = Buffer.from(apis).toString('hex');
    assert.equal(names.includes(API[variant]), true);
    assert.equal(names.includes(API[variant === 'babe' ? 'aura' : 'babe']), false);
    // Compact length, then account and weight of each.
    const grandpa = spec.genesis.raw.top[GRANDPA_AUTHORITIES];
    assert.equal(Number.parseInt(grandpa.slice(2, 4), 16) / 4, validators);
    assert.equal(grandpa.length, 2 + 2 * (1 + validators * 40));
  });
}

test('the same text every time, and by the short name', () => {
  assert.equal(assembleSpec('aura-2'), assembleSpec('watchbill-devnet-aura-2'));
});

test('an unknown chain is refused with the names that there are', () => {
  for (const name of ['3', '', 'watchbill-devnet-', 'constructor', '../../package']) {
    assert.throws(
      () => assembleSpec(name),
      /there is no chain ".*"; there are 1, 2, 4, 5, 6, aura-2, aura-4/,
    );
  }
});

test('a damaged or exchanged fixture is refused', (t) => {
  const folder = plantTree(t, {}).root;
  const file = join(folder, 'watchbill-devnet-4.json');
  cpSync(SPECS, folder, { recursive: true });
  assert.equal(assembleSpec('4', folder), assembleSpec('4'));
  writeFileSync(file, readFileSync(file, 'utf8').replace('"0x0100"', '"0x0101"'));
  assert.throws(() => assembleSpec('4', folder), /not those of manifest/);
  cpSync(join(SPECS, 'watchbill-devnet-4.json'), file);
  cpSync(join(SPECS, 'aura.compact.compressed.wasm'), join(folder, 'babe.compact.compressed.wasm'));
  assert.throws(() => assembleSpec('4', folder), /not those of manifest/);
  rmSync(file);
  assert.throws(() => assembleSpec('4', folder), /cannot read the fixture watchbill-devnet-4.json/);
});

test('a specification that has its code already is refused', () => {
  const spec = (top) => JSON.stringify({ genesis: { raw: { top } } });
  assert.throws(() => putTogether(spec({ [CODE_KEY]: '0x01' }), Buffer.of(2)), /in place of its code/);
  assert.throws(() => putTogether(spec({}), Buffer.of(2)), /in place of its code/);
  assert.throws(() => putTogether('{"genesis":{}}', Buffer.of(2)), /not a raw specification/);
  const put = JSON.parse(putTogether(spec({ [CODE_KEY]: '0x', '0x01': '0x02' }), Buffer.of(2, 255)));
  assert.deepEqual(put.genesis.raw.top, { [CODE_KEY]: '0x02ff', '0x01': '0x02' });
});

test('every file of the folder is used', () => {
  const { code, specs } = readManifest();
  const used = [
    'README.md',
    'manifest.json',
    ...Object.values(code).map(({ file }) => file),
    ...Object.keys(specs).map((id) => `${id}.json`),
  ];
  assert.deepEqual(readdirSync(SPECS).sort(), used.sort());
});

test('packed code has its prefix and unpacks to itself', () => {
  const wasm = Buffer.from('a module, or what stands for one');
  const packed = packCode(wasm);
  assert.equal(packed.subarray(0, 8).toString('hex'), '52bc537646db8e05');
  assert.deepEqual(zstdDecompressSync(packed.subarray(8)), wasm);
});

test('the command writes to a file or to standard output, and fails with one line', (t) => {
  const file = join(plantTree(t, {}).root, 'spec.json');
  execFileSync(process.execPath, [SCRIPT, '1', '--out', file]);
  assert.equal(readFileSync(file, 'utf8'), assembleSpec('1'));
  assert.equal(execFileSync(process.execPath, [SCRIPT, '1'], { encoding: 'utf8' }), assembleSpec('1'));
  const listed = execFileSync(process.execPath, [SCRIPT, '--list'], { encoding: 'utf8' });
  assert.deepEqual(
    listed
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split('\t')[0]),
    specNames(),
  );
  const refused = spawnSync(process.execPath, [SCRIPT, '7'], { encoding: 'utf8' });
  assert.equal(refused.status, 1);
  assert.equal(refused.stdout, '');
  assert.match(refused.stderr, /^no specification: there is no chain "7"; there are [^\n]*\n$/);
});
