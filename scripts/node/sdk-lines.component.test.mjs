// Tests of the further SDK line, with a cargo that only pretends.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLines, WORKSPACE_LOCK } from './sdk-line-files.mjs';
import { fakeMachine } from './testing/fake-cargo.mjs';

/** Notes each call and the versions that it finds; fails while the file `broken` is there. */
const CARGO = `
if [ "$1" = --version ]; then echo 'cargo 1.95.0 (fake)'; exit 0; fi
if [ "$1" = -vV ]; then cat "$FAKE/compiler"; exit 0; fi
if [ "$1 $2" = "package --list" ]; then
  cd "$(echo "$*" | sed 's/.*watchbill-//')" && find . -type f | cut -c3- && echo Cargo.lock && echo Cargo.toml.orig && cat "$FAKE/stray"
  exit 0
fi
echo "$@" >> "$FAKE/calls"
cat gate/Cargo.toml > "$FAKE/manifest"
mkdir -p "$CARGO_TARGET_DIR"
if [ -e "$FAKE/broken" ]; then echo 'test a_test ... FAILED' >&2; exit 101; fi
`;
const OTHER = readLines().find(({ lock }) => lock !== WORKSPACE_LOCK);

function machineOf(context) {
  const machine = fakeMachine(context, 'sdk-lines.mjs', CARGO);
  machine.write('compiler', 'rustc 1.95.0');
  machine.write('calls');
  machine.write('stray');
  const calls = () => machine.read('calls').trim().split('\n');
  return { ...machine, calls };
}

test('the crates are tested with the versions of the line, and once for the same sources', async (context) => {
  const machine = machineOf(context);
  let said = '';
  // Tests that are only compiled have not passed.
  for (const flags of [['--no-run'], [], []]) {
    const { code, stderr } = await machine.start(flags).outcome();
    assert.equal(code, 0, stderr);
    said = stderr;
  }
  assert.match(said, /passed before/);
  const [compiled, tested] = ['--no-run', '-- --quiet'].map((end) => `test --locked --workspace ${end}`);
  const once = [tested, 'package --workspace --no-verify --quiet'];
  assert.deepEqual(machine.calls(), [compiled, ...once]);
  for (const name of ['sp-api', 'sp-runtime'])
    assert.match(
      machine.read('manifest'),
      new RegExp(`^${name} = "${OTHER.crates[name].replace(/[.].*/, '')}(?:[.]|")`, 'm'),
    );
  machine.write('compiler', 'rustc 1.96.0');
  assert.equal((await machine.start().outcome()).code, 0);
  assert.deepEqual(machine.calls(), [compiled, ...once, ...once], 'another compiler');
});

test('a failed test is reported each time, until it passes', async (context) => {
  const machine = machineOf(context);
  machine.write('broken');
  for (const _ of [1, 2]) {
    const { code, stderr } = await machine.start().outcome();
    assert.equal(code, 1);
    assert.match(stderr, /a_test [.]{3} FAILED/);
    assert.match(stderr, /the SDK lines: not built: .*node scripts.node.sdk-lines[.]mjs/);
  }
  machine.remove('broken');
  assert.equal((await machine.start().outcome()).code, 0);
  assert.equal(machine.calls().length, 4);
});

test('a package with a file that is none of the crate is an error, each time', async (context) => {
  const machine = machineOf(context);
  machine.write('stray', 'src/secret.pem');
  for (const _ of [1, 2]) {
    const { code, stderr } = await machine.start().outcome();
    assert.equal(code, 1);
    assert.match(stderr, /"include" of substrate.client.Cargo.toml does not fit the crate: src.secret.pem/);
  }
});

test('an unknown argument is an error that names the usage', async (context) => {
  const { code, stderr } = await machineOf(context).start(['--wrte']).outcome();
  assert.equal(code, 1);
  assert.match(stderr, /--wrte.*\[--write [|] --release [|] --no-run [|] --tests\]/);
});
