// One build at a time in cargo's folder, and no trust in the last results of a killed one.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
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

const CARGO = findProgram('cargo', [join(cargoHome(), 'bin')]);

test('a clone with older sources gets its own build', {
  skip: CARGO ? false : 'no cargo',
}, async (context) => {
  const { target } = ground(context);
  /** A program that says this. Cargo compares the times of files, and these are old. */
  const cloneOf = (said) => {
    const manifest = '[package]\nname = "said"\nversion = "0.1.0"\nedition = "2021"\n';
    const files = { 'Cargo.toml': manifest, 'src/main.rs': `fn main() { println!("${said}"); }\n` };
    const { root } = plantTree(context, files);
    for (const name of Object.keys(files)) utimesSync(join(root, name), 1_700_000_000, 1_700_000_000);
    return root;
  };
  const build = (clone) => {
    const options = { cwd: clone, env: { ...process.env, CARGO_TARGET_DIR: target }, encoding: 'utf8' };
    const run = async () => execFileSync(CARGO, ['run', '--release', '--offline', '--quiet'], options).trim();
    return inTarget(target, clone, run);
  };
  const [one, other] = [cloneOf('one'), cloneOf('other')];
  assert.equal(await build(one), 'one');
  assert.equal(await build(other), 'other');
  assert.equal(await build(one), 'one');
  const program = join(target, 'release/said');
  const { mtimeMs } = statSync(program);
  assert.equal(await build(one), 'one');
  assert.equal(statSync(program).mtimeMs, mtimeMs, 'the same sources are not compiled again');
});
