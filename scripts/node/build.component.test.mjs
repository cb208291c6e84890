// The build of the node, with a cargo that only pretends: however it ends, it leaves no process and no broken
// binary, and the next build is whole.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { endInCargo, fakeClone, fakeMachine } from './testing/fake-cargo.mjs';

/** Writes half a binary and half a crate, hangs while the file `hang` is there, then writes the binary. */
const CARGO = `
if [ "$1" = --version ]; then echo 'cargo 1.95.0 (fake)'; exit 0; fi
out="$CARGO_TARGET_DIR/release"
mkdir -p "$out/deps"
ls "$out/deps" > "$FAKE/found"
echo half > "$out/watchbill-devnode"
echo half > "$out/deps/half.rlib"
if [ -e "$FAKE/hang" ]; then sleep 1000 & echo "group $$ of cargo" >&2; wait; fi
echo whole > "$out/watchbill-devnode"
`;
const PUBLISHED = 'watchbill-devnode*';

function machineOf(context) {
  const machine = fakeMachine(context, (folder) => join(folder, 'clone/scripts/node/build.mjs'), CARGO);
  fakeClone(machine.folder, { devnode: ['sc-consensus-grandpa'] });
  return { ...machine, start: (args = []) => machine.start(['devnode', ...args]) };
}

for (const signal of ['SIGTERM', 'SIGKILL'])
  test(`${signal} leaves no process and no binary, and the next build compiles again`, async (context) => {
    const machine = machineOf(context);
    await endInCargo(machine, signal);
    assert.deepEqual(machine.cached(PUBLISHED), []);
    assert.equal((await machine.start(['--where']).outcome()).code, 1);

    const { code, stdout, stderr } = await machine.start().outcome();
    assert.equal(code, 0, stderr);
    assert.equal(machine.read('found'), '', 'the crate of the killed build is gone');
    assert.equal(readFileSync(stdout.trim(), 'utf8'), 'whole\n');
    assert.equal((await machine.start(['--where']).outcome()).stdout, stdout);
    assert.equal(machine.cached(PUBLISHED).length, 1);
  });

test('a binary that is there is not built again', async (context) => {
  const machine = machineOf(context);
  const first = await machine.start().outcome();
  assert.ok(existsSync(first.stdout.trim()), first.stderr);
  machine.write('hang');
  assert.equal((await machine.start().outcome()).stdout, first.stdout);
});
