// One build at a time in cargo's folder, and no trust in the last results of a killed one.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findProgram } from '../build-cache.mjs';
import { plantTree } from '../check/fixture-tree.mjs';
import { StepError } from '../run-step.mjs';
import { cargoHome } from './cargo.mjs';
import { inTarget } from './target-folder.mjs';
import { start, until } from './testing/fake-cargo.mjs';

const SCRIPT = new URL('target-folder.mjs', import.meta.url).href;
const MARKER = 'watchbill-build.json';

function ground(context) {
  const target = mkdtempSync(join(tmpdir(), 'watchbill-target-'));
  context.after(() => rmSync(target, { recursive: true, force: true }));
  mkdirSync(join(target, 'release/deps'), { recursive: true });
  const put = (name) => writeFileSync(join(target, 'release', name), name);
  const files = () =>
    readdirSync(join(target, 'release'), { recursive: true })
      .filter((name) => name !== 'deps')
      .sort();
  return { target, put, files, marker: join(target, MARKER) };
}

/** A process that uses the folder until it is killed. */
async function holder(target) {
  const text = `import { inTarget } from '${SCRIPT}';
    await inTarget(${JSON.stringify(target)}, null, () => new Promise(() => {
      process.stdout.write('has it');
      setInterval(() => {}, 1000);
    }));`;
  const { child, said, outcome } = start(['--input-type=module', '-e', text], process.env);
  await until(() => said.stdout !== '');
  return async () => {
    child.kill('SIGKILL');
    await outcome();
  };
}

test('the files of a killed build are removed, and earlier files stay', async (context) => {
  const { target, put, files, marker } = ground(context);
  put('deps/old.rlib');
  // The times of files come from a clock of the kernel that may be a few milliseconds behind.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const kill = await holder(target);
  put('deps/damaged.rlib');
  put('.cargo-lock');
  await kill();
  assert.ok(existsSync(marker));
  assert.deepEqual(await inTarget(target, null, async () => files()), ['.cargo-lock', 'deps/old.rlib']);
  assert.equal(existsSync(marker), false);
});

test('a second build waits for the first', async (context) => {
  const { target } = ground(context);
  const kill = await holder(target);
  let isInside = false;
  const second = inTarget(target, null, async () => {
    isInside = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 700));
  assert.equal(isInside, false);
  await kill();
  await second;
  assert.equal(isInside, true);
});

test('a file that is not a record of ours counts as that of a killed build', async (context) => {
  const { target, put, files, marker } = ground(context);
  writeFileSync(marker, '{"pid":');
  await new Promise((resolve) => setTimeout(resolve, 50));
  put('deps/damaged.rlib');
  assert.deepEqual(await inTarget(target, null, async () => files()), []);
});

test('a compiler error keeps all that was compiled, a killed cargo does not', async (context) => {
  const { target, put, files, marker } = ground(context);
  const failing = (endedByItself) => async () => {
    put('deps/new.rlib');
    throw new StepError('cargo build ended', { endedByItself });
  };
  await assert.rejects(inTarget(target, null, failing(true)), StepError);
  assert.equal(existsSync(marker), false);
  await inTarget(target, null, async () => assert.deepEqual(files(), ['deps/new.rlib']));
  await assert.rejects(inTarget(target, null, failing(false)), StepError);
  assert.equal(JSON.parse(readFileSync(marker, 'utf8')).pid, process.pid);
});

const FOUND = findProgram('cargo', [join(cargoHome(), 'bin')]);
// The cargo of rustup runs only where a toolchain was chosen.
const CARGO = FOUND && spawnSync(FOUND, ['--version']).status === 0 ? FOUND : null;

test('what is compiled again follows from the contents of sources', {
  skip: CARGO ? false : 'no cargo',
}, async (context) => {
  const { target } = ground(context);
  const manifest = '[package]\nname = "said"\nversion = "0.1.0"\nedition = "2021"\n';
  const textOf = (said) => `fn main() { println!("${said}"); }\n`;
  const [one, other] = ['one', 'other'].map(
    (said) => plantTree(context, { 'Cargo.toml': manifest, 'src/main.rs': textOf(said) }).root,
  );
  const build = (clone, then = () => {}) => {
    const options = { cwd: clone, env: { ...process.env, CARGO_TARGET_DIR: target }, encoding: 'utf8' };
    const run = () => execFileSync(CARGO, ['run', '--release', '--offline', '--quiet'], options).trim();
    return inTarget(target, clone, async () => [run(), then()][0]);
  };
  const save = () => writeFileSync(join(one, 'src/main.rs'), textOf('one'));
  for (const clone of [one, other, one]) assert.equal(await build(clone), clone === one ? 'one' : 'other');
  const builtAtMs = () => statSync(join(target, 'release/said')).mtimeMs;
  const before = builtAtMs();
  save();
  assert.equal(await build(one, save), 'one');
  assert.equal(builtAtMs(), before, 'the same text, saved before a build');
  await build(one);
  assert.notEqual(builtAtMs(), before, 'the same text, saved during a build');
});
