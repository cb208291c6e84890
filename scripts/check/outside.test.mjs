// Each kind of reference that leaves the clone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plantTree } from './fixture-tree.mjs';
import { HOSTS, run } from './outside.mjs';

/** The folder beside the clone, and the site of crates, in pieces: the text of the project holds neither. */
const BESIDE = ['..', 'shared'].join('/');
const CRATES = ['crates', 'io'].join('.');
/** An absolute path of a machine. */
const path = (folder, rest) => `/${folder}/${rest}`;

/** A file and the text in it that is refused. */
const REFUSED = [
  ['scripts/a.mjs', `join(ROOT, '${BESIDE}/data/chain-specs')`],
  ['scripts/a.mjs', "join(ROOT, '../elsewhere')"],
  ['scripts/a.mjs', "join(ROOT, '..', 'elsewhere')"],
  ['docs/a.md', `specifications in ${BESIDE}/data beside the clone`],
  ['test/a/b.test.ts', `readFileSync('../../${BESIDE}/specs.json')`],
  ['bench/a.ts', `const file = '${path('work', 'main/a.json')}';`],
  ['packages/duty/src/a.ts', `const home = '${path('root', '.cache')}';`],
  ['deploy/a.yaml', `path: ${path('farm', 'cache')}`],
  ['.ci/run', `export npm_config_registry=https://${HOSTS.npm}`],
  ['scripts/a.mjs', `env: { GOPROXY: 'https://${HOSTS.go}' }`],
  ['substrate/config.toml', `index = "sparse+https://${HOSTS.cratesIndex}/"`],
  ['scripts/a.mjs', `fetch('https://${CRATES}/api/v1/crates/a')`],
  ['substrate/.cargo/config.toml', `registry = "https://${HOSTS.cratesIndex}"`],
  ['examples/a.sh', `pip install --index-url https://${HOSTS.pypi}/simple a`],
  ['test/a.ts', `deb http://${HOSTS.debian}/debian stable main`],
];

/** Similar text that is fine. */
const ALLOWED = {
  'packages/duty/src/rules/a.ts': `import { a } from '${BESIDE}/a.ts'; import { b } from '../jobs/work/b.ts';`,
  [`packages/duty/src/${['shared', 'a.ts'].join('/')}`]: 'export const a = 1;',
  'docs/how-to/a.md':
    '[keys](../shared-keys.md), [a crate](https://CRATES/crates/sc-client), a network/root/path, ./farm/a'.replace(
      'CRATES',
      CRATES,
    ),
  'package-lock.json': `{ "resolved": "https://${HOSTS.npm}/a" }`,
  'substrate/Cargo.lock': 'source = "registry+https://github.com/rust-lang/crates.io-index"',
  'bench/go/go.sum': HOSTS.go,
  'packages/fleet/test/machines/a.ts': "const home = '/root/.ssh';",
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

test('an empty tree is not a success', (t) => assert.equal(run(plantTree(t, {}).root).exitCode, 1));
