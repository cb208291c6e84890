import assert from 'node:assert/strict';
import { test } from 'node:test';
import { yamlRemedy } from './yaml-remedy.ts';

test('a file of another tool in TOML is named as such, and broken YAML is not', () => {
  const zombienet = '[settings]\ntimeout = 1000\n\n[relaychain]\nchain = "rococo-local"\n';
  assert.match(yamlRemedy(zombienet), /looks like TOML.*fleet local simulate init/);
  for (const text of ['format: [', 'pools:\n  a: {count: 1', 'list:\n- [x]\nkey = 1', '[a, b]\n: x'])
    assert.match(yamlRemedy(text), /mind the indentation/, text);
});
