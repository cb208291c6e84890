// Each kind of reference that leaves the clone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plantTree } from './fixture-tree.mjs';
import { run } from './outside.mjs';

/** A file and the text in it that is refused. */
const REFUSED = [
  ['scripts/a.mjs', "join(ROOT, '../shared/data/chain-specs')"],
  ['scripts/a.mjs', "join(ROOT, '../elsewhere')"],
  ['scripts/a.mjs', "join(ROOT, '..', 'elsewhere')"],
  ['docs/a.md', 'specifications in `../shared/data` beside the clone'],
  ['test/a/b.test.ts', "readFileSync('../../../shared/specs.json')"],
  ['bench/a.ts', "const file = '/work/main/a.json';"],
  ['packages/duty/src/a.ts', "const home = '/root/.cache';"],
  ['deploy/a.yaml', 'path: /farm/cache'],
  ['.ci/run', 'export npm_config_registry=https://registry.npmjs.org'],
  ['scripts/a.mjs', "env: { GOPROXY: 'https://proxy.golang.org' }"],
  ['substrate/config.toml', 'index = "sparse+https://index.crates.io/"'],
  ['scripts/a.mjs', "fetch('https://crates.io/api/v1/crates/a')"],
  ['substrate/.cargo/config.toml', 'registry = "https://index.crates.io"'],
  ['examples/a.sh', 'pip install --index-url https://pypi.org/simple a'],
  ['test/a.ts', 'deb http://deb.debian.org/debian stable main'],
];

/** Similar text that is fine. */
const ALLOWED = {
  'packages/duty/src/rules/a.ts':
    "import { a } from '../shared/a.ts'; import { b } from '../jobs/work/b.ts';",
  'packages/duty/src/shared/a.ts': 'export const a = 1;',
  'docs/how-to/a.md':
    '[keys](../shared-keys.md), [a crate](https://crates.io/crates/sc-client), a network/root/path, ./farm/a',
  'package-lock.json': '{ "resolved": "https://registry.npmjs.org/a" }',
  'substrate/Cargo.lock': 'source = "registry+https://github.com/rust-lang/crates.io-index"',
  'bench/go/go.sum': 'proxy.golang.org',
  'test/fleet-machines/a.ts': "const home = '/root/.ssh';",
  'packages/duty/dist/a.js': "'/work/a'",
  'test/a.bin': "'/work/a'",
  'test/a.dat': "\0 '/work/a'",
};

for (const [file, text] of REFUSED) {
  test(`refused: ${text}`, (t) => {
    const { exitCode, lines } = run(plantTree(t, { ...ALLOWED, [file]: `\n${text}\n` }).root);
    assert.equal(exitCode, 1);
    assert.equal(lines.length, 2, lines.join('\n'));
    assert.ok(lines[0].startsWith(`${file}:2: `), lines[0]);
  });
}

test('similar text passes', (t) => {
  const { exitCode, lines } = run(plantTree(t, ALLOWED).root);
  assert.equal(exitCode, 0, lines.join('\n'));
});

test('an empty tree is no success', (t) => assert.equal(run(plantTree(t, {}).root).exitCode, 1));
