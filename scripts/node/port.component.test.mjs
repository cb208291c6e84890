// The port to another SDK line, with a cargo that only pretends: if one patch does not fit, no file changes.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fakeClone, fakeMachine, PATCH } from './testing/fake-cargo.mjs';

/** Knows line 2.0 alone, in which every crate has version 2.0.0. */
const CARGO = `
if [ "$1" = --version ]; then echo 'cargo 1.95.0 (fake)'; exit 0; fi
if [ "$1" = metadata ]; then
  case "$PWD" in
    *umbrella-2.0) cat "$FAKE/umbrella"; exit 0 ;;
    *umbrella-*) echo 'error: no matching package' >&2; exit 101 ;;
  esac
  echo '{}'; exit 0
fi
echo "$@" >> "$FAKE/calls"
if [ -e "$FAKE/broken" ]; then echo 'error[E0308]: mismatched types' >&2; exit 101; fi
`;
const NODES = ['devnode', 'relay', 'collator'];
const OLD = 'one\ntwo\nthree\nfour\nfive\nsix\nseven\n';
const REASONS = 'Why it is there.\n\n';

/** A clone in which each node has one patched crate of line 1.0, and archives of both lines. */
function machineOf(context, { now = OLD.replace('seven', 'SEVEN') } = {}) {
  const machine = fakeMachine(context, (folder) => join(folder, 'clone/scripts/node/port.mjs'), CARGO);
  const crates = Object.fromEntries(NODES.map((node) => [node, [node]]));
  fakeClone(machine.folder, crates, { source: now, version: '2.0.0' });
  const { write } = fakeClone(machine.folder, crates, { source: OLD });
  for (const node of NODES) write(`clone/substrate/${node}/patches/${node}.patch`, `${REASONS}${PATCH}`);
  for (const name of ['client', 'gate', 'wiring'])
    write(
      `clone/substrate/${name}/Cargo.toml`,
      `[package]\nname = "${name}"\n[dependencies]\nsp-api = "1"\n`,
    );
  const line = { name: '2.0', node: '1', runs: 'no', lock: '../Cargo.lock', crates: {} };
  write('clone/substrate/sdk-lines/lines.json', JSON.stringify({ lines: [line] }));
  write('clone/substrate/Cargo.toml', '[workspace]\n');
  const dependencies = [...NODES, 'sp-api'].map((name) => ({ name, req: '^2.0.0' }));
  machine.write('umbrella', JSON.stringify({ packages: [{ name: 'polkadot-sdk', dependencies }] }));
  const at = (path) => readFileSync(join(machine.folder, 'clone/substrate', path), 'utf8');
  return { ...machine, at, writeAt: write };
}

test('patches, hashes, versions and manifests follow the line, and everything is compiled', async (context) => {
  const machine = machineOf(context);
  const { code, stderr } = await machine.start(['2.0']).outcome();
  assert.equal(code, 0, stderr);
  for (const node of NODES) {
    const [crate] = JSON.parse(machine.at(`${node}/patches/sources.json`));
    assert.equal(crate.version, '2.0.0');
    assert.match(
      machine.at(`${node}/patches/${node}.patch`),
      /^Why it is there\.\n\n--- a\/src\/lib\.rs\n[\s\S]*\n\+gate\n/,
    );
    assert.match(machine.at(`${node}/Cargo.toml`), /sp-api = "2"/);
  }
  const calls = machine.read('calls').trim().split('\n');
  assert.equal(calls.filter((call) => call.startsWith('check ')).length, 3);
  assert.match(calls.at(-1), /patch\.crates-io\.devnode\.path=.*relay\.path=.*collator\.path=/);
});

test('a part that does not fit is printed with both sides, and no file changes until it is edited', async (context) => {
  const machine = machineOf(context, { now: OLD.replace('two', 'TWO') });
  const { code, stderr } = await machine.start(['2.0']).outcome();
  assert.equal(code, 1);
  assert.match(stderr, /relay: relay 2\.0\.0, src\/lib\.rs does not fit:\n<<<<<<< the line\n/);
  assert.match(stderr, /TWO\n[\s\S]*gate\ntwo\n>>>>>>> the gate\nedit .*relay\/src\/lib\.rs/);
  assert.match(stderr, /3 parts do not fit line 2\.0; no file of the project was changed/);
  assert.equal(machine.at('relay/patches/relay.patch'), `${REASONS}${PATCH}`);
  for (const [, path] of stderr.matchAll(/^edit (.*)$/gm))
    writeFileSync(path, OLD.replace('one\ntwo', 'one\ngate\nTWO'));
  const again = await machine.start(['2.0']).outcome();
  assert.equal(again.code, 0, again.stderr);
  assert.match(machine.at('relay/patches/relay.patch'), /\n\+gate\n TWO\n/);
});

test('a line that is not the main one, or that the registry does not have, is an error with what to do', async (context) => {
  const machine = machineOf(context);
  const other = await machine.start(['3.0']).outcome();
  assert.equal(other.code, 1);
  assert.match(other.stderr, /the main line is 2\.0\. To change it, name 3\.0 in .*lines\.json/);
  const lines = JSON.parse(machine.at('sdk-lines/lines.json'));
  machine.writeAt(
    'clone/substrate/sdk-lines/lines.json',
    JSON.stringify({ lines: [{ ...lines.lines[0], name: '3.0' }] }),
  );
  const missing = await machine.start(['3.0']).outcome();
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /the registry has no SDK line 3\.0/);
  const usage = await machine.start(['latest']).outcome();
  assert.equal(usage.code, 2);
  assert.match(usage.stderr, /^usage: npm run gate:port -- LINE, for example/);
});

test('a manifest that lacks what the changes name stops before any file is written', async (context) => {
  const machine = machineOf(context);
  const [crate] = JSON.parse(machine.at('relay/patches/sources.json'));
  const changes = { dependencies: { gone: null } };
  machine.writeAt(
    'clone/substrate/relay/patches/sources.json',
    JSON.stringify([{ ...crate, manifest: changes }]),
  );
  const { code, stderr } = await machine.start(['2.0']).outcome();
  assert.equal(code, 1);
  assert.match(stderr, /relay.*1\.0\.0: Cargo\.toml has no dependency gone/);
  assert.equal(machine.at('devnode/patches/devnode.patch'), `${REASONS}${PATCH}`);
});
