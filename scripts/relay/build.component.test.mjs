// The build of the relay node, with a cargo that only pretends: it uses the sources that the repository
// names, patched, or none; and however it ends, it leaves no process and no part of a result.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { endInCargo, fakeMachine } from '../node/testing/fake-cargo.mjs';

const SCRIPTS = fileURLToPath(new URL('..', import.meta.url));
/** Builds two of the programs, hangs while the file `hang` is there, then builds the last one. */
const CARGO = `
if [ "$1" = --version ]; then echo 'cargo 1.95.0 (fake)'; exit 0; fi
if [ "$1" = info ]; then
  echo "$@" >> "$FAKE/downloads"
  mkdir -p "$CARGO_HOME/registry/cache/index" && cp "$FAKE"/archives/* "$CARGO_HOME/registry/cache/index"
  exit
fi
for each; do echo "$each"; done > "$FAKE/arguments"
out="$CARGO_TARGET_DIR/release"
mkdir -p "$out"
echo whole > "$out/watchbill-relay"
echo whole > "$out/polkadot-prepare-worker"
if [ -e "$FAKE/hang" ]; then sleep 1000 & echo "group $$ of cargo" >&2; wait; fi
echo whole > "$out/polkadot-execute-worker"
`;
const PROGRAMS = ['polkadot-execute-worker', 'polkadot-prepare-worker', 'watchbill-relay'];
const PATCH = '--- a/src/lib.rs\n+++ b/src/lib.rs\n@@ -1,2 +1,3 @@\n one\n+gate\n two\n';
const NAMES = ['polkadot-service', 'polkadot-cli'];
const PUBLISHED = 'relay-{[0-9a-f],crates-}*';

/** A machine with a clone that has the scripts, and crates of one file. */
function machineOf(context) {
  const machine = fakeMachine(context, (folder) => join(folder, 'clone/scripts/relay/build.mjs'), CARGO);
  const write = (path, text) => {
    mkdirSync(dirname(join(machine.folder, path)), { recursive: true });
    writeFileSync(join(machine.folder, path), text);
  };
  const filter = (path) => !path.endsWith('.test.mjs');
  cpSync(SCRIPTS, join(machine.folder, 'clone/scripts'), { recursive: true, filter });
  for (const name of NAMES) {
    write(`unpacked/${name}-1.0.0/src/lib.rs`, 'one\ntwo\n');
    write(`unpacked/${name}-1.0.0/Cargo.toml`, `name = "${name}"`);
    mkdirSync(join(machine.folder, 'archives'), { recursive: true });
    const args = ['-czf', `archives/${name}-1.0.0.crate`, '-C', 'unpacked', `${name}-1.0.0`];
    assert.equal(spawnSync('tar', args, { cwd: machine.folder }).status, 0);
    write(`clone/substrate/relay/patches/${name}.patch`, PATCH);
  }
  write('clone/substrate/relay/Cargo.toml', 'name = "relay"');
  const patches = 'clone/substrate/relay/patches';
  const sha256 = (name) =>
    createHash('sha256')
      .update(readFileSync(join(machine.folder, `archives/${name}-1.0.0.crate`)))
      .digest('hex');
  const list = NAMES.map((name) => ({
    name,
    version: '1.0.0',
    sha256: sha256(name),
    patch: `${name}.patch`,
  }));
  write(`${patches}/sources.json`, JSON.stringify(list));
  return { ...machine, list, writeAt: write, patches };
}

for (const signal of ['SIGTERM', 'SIGKILL'])
  test(`${signal} leaves no process and no programs, and the next build has all of them`, async (context) => {
    const machine = machineOf(context);
    await endInCargo(machine, signal);
    assert.deepEqual(machine.cached('relay-[0-9a-f]*'), machine.cached('relay-crates-*'), 'no programs');
    const where = await machine.start(['--where']).outcome();
    assert.equal(where.code, 1);
    assert.match(where.stderr, /not built here yet; run: npm run relay:build\n$/);
    const { code, stdout, stderr } = await machine.start().outcome();
    assert.equal(code, 0, stderr);
    assert.deepEqual(readdirSync(dirname(stdout.trim())), PROGRAMS);
    assert.equal((await machine.start(['--where']).outcome()).stdout, stdout);
  });

test('cargo gets the patched crates and the profile of the node, and downloads once', async (context) => {
  const machine = machineOf(context);
  // A cache in a repository: git would skip the files of another folder of it without an error.
  spawnSync('git', ['init', '--quiet'], { cwd: machine.folder });
  const first = await machine.start().outcome();
  assert.equal(first.code, 0, first.stderr);
  const args = machine.read('arguments').trim().split('\n');
  assert.deepEqual(args.slice(0, 5), ['build', '--release', '--locked', '--config', '../Cargo.toml']);
  for (const name of NAMES) {
    const patched = args.find((each) => each.startsWith(`patch.crates-io.${name}.path=`)) ?? '';
    const folder = JSON.parse(patched.slice(patched.indexOf('=') + 1));
    assert.equal(readFileSync(join(folder, 'src/lib.rs'), 'utf8'), 'one\ngate\ntwo\n');
  }
  assert.equal((await machine.start().outcome()).stdout, first.stdout, 'not built again');
  machine.writeAt(`${machine.patches}/README.md`, 'other sources of the same crates');
  assert.notEqual((await machine.start().outcome()).stdout, first.stdout);
  assert.equal(machine.read('downloads').trim().split('\n').length, 1);
});

test('an archive with another hash is not built', async (context) => {
  const machine = machineOf(context);
  machine.writeAt('archives/polkadot-cli-1.0.0.crate', 'something else');
  const { code, stderr } = await machine.start().outcome();
  assert.equal(code, 1);
  const [, { sha256 }] = machine.list;
  assert.match(stderr, /polkadot-cli-1\.0\.0\.crate has the SHA-256 [0-9a-f]{64}; .*sources\.json has /);
  assert.match(stderr, new RegExp(`has ${sha256}\\. Remove the file and build again`));
  assert.deepEqual(machine.cached(PUBLISHED), []);
});

test('a patch that does not fit stops the build and is named', async (context) => {
  const machine = machineOf(context);
  machine.writeAt(`${machine.patches}/polkadot-cli.patch`, PATCH.replace(' two', ' three'));
  const { code, stderr } = await machine.start().outcome();
  assert.equal(code, 1);
  assert.match(
    stderr,
    /polkadot-cli\.patch does not fit polkadot-cli 1\.0\.0: .*src\/lib\.rs.*sources\.json has/s,
  );
  assert.deepEqual(machine.cached(PUBLISHED), []);
});
