// The build of the relay node, with a cargo that only pretends: it uses the sources that the repository
// names, patched, or none; and however it ends, it leaves no process and no part of a result.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { endInCargo, fakeClone, fakeMachine, PATCH } from './testing/fake-cargo.mjs';

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
const NAMES = ['polkadot-service', 'polkadot-cli'];
const PUBLISHED = '{watchbill-relay,relay-crates}*';

/** A machine with a clone that has the scripts, and crates of one file. */
function machineOf(context) {
  const machine = fakeMachine(context, (folder) => join(folder, 'clone/scripts/node/build.mjs'), CARGO);
  const crates = { relay: NAMES, devnode: ['sc-consensus-grandpa'] };
  const { write, lists } = fakeClone(machine.folder, crates, { archives: 'archives' });
  const start = (args = []) => machine.start(['relay', ...args]);
  return { ...machine, start, list: lists.relay, writeAt: write, patches: 'clone/substrate/relay/patches' };
}

for (const signal of ['SIGTERM', 'SIGKILL'])
  test(`${signal} leaves no process and no programs, and the next build has all of them`, async (context) => {
    const machine = machineOf(context);
    await endInCargo(machine, signal);
    assert.deepEqual(machine.cached('watchbill-relay*'), [], 'no programs');
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
  for (const name of [...NAMES, 'sc-consensus-grandpa']) {
    const patched = args.find((each) => each.startsWith(`patch.crates-io.${name}.path=`)) ?? '';
    const folder = JSON.parse(patched.slice(patched.indexOf('=') + 1));
    assert.equal(readFileSync(join(folder, 'src/lib.rs'), 'utf8'), 'one\ngate\ntwo\n');
    assert.doesNotMatch(readFileSync(join(folder, 'Cargo.toml'), 'utf8'), /bench/);
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
