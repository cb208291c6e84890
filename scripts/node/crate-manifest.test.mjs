import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'smol-toml';
import { changedManifest } from './crate-manifest.mjs';

const MANIFEST = `
[package]
name = "fake"

[features]
cli = ["clap", "bench", "dep:bench", "bench?/runtime", "bench/std", "bench-other"]

[lib]
crate-type = ["cdylib", "rlib"]

[dependencies.bench]
version = "1"

[dependencies.sc-cli]
version = "0.64"
default-features = true
`;
/** Its tables have no prototype. */
const changed = (changes) => JSON.parse(JSON.stringify(parse(changedManifest(MANIFEST, changes))));

test('a removed dependency leaves the features too, and others stay', () => {
  const { dependencies, features } = changed({ dependencies: { bench: null } });
  assert.deepEqual(Object.keys(dependencies), ['sc-cli']);
  assert.deepEqual(features.cli, ['clap', 'bench-other']);
});

test('tables merge, and lists are replaced', () => {
  const { dependencies, lib } = changed({
    lib: { 'crate-type': ['rlib'] },
    dependencies: { 'sc-cli': { 'default-features': false }, gate: { version: '0.1.0' } },
  });
  assert.deepEqual(lib['crate-type'], ['rlib']);
  assert.deepEqual(dependencies['sc-cli'], { version: '0.64', 'default-features': false });
  assert.deepEqual(dependencies.gate, { version: '0.1.0' });
});

test('a dependency that is not there cannot be changed or removed', () => {
  for (const change of [null, { 'default-features': false }])
    assert.throws(() => changed({ dependencies: { gone: change } }), /no dependency gone/);
});
