// One build at a time in cargo's folder, and no trust in the last results of a killed one.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { StepError } from '../run-step.mjs';
import { inTarget } from './target-folder.mjs';

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
    await inTarget(${JSON.stringify(target)}, () => new Promise(() => {
      process.stdout.write('has it');
      setInterval(() => {}, 1000);
    }));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return async () => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
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
  assert.deepEqual(await inTarget(target, async () => files()), ['.cargo-lock', 'deps/old.rlib']);
  assert.equal(existsSync(marker), false);
});

test('a second build waits for the first', async (context) => {
  const { target } = ground(context);
  const kill = await holder(target);
  let isInside = false;
  const second = inTarget(target, async () => {
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
  assert.deepEqual(await inTarget(target, async () => files()), []);
});

test('a compiler error keeps all that was compiled, a killed cargo does not', async (context) => {
  const { target, put, files, marker } = ground(context);
  const failing = (endedByItself) => async () => {
    put('deps/new.rlib');
    throw new StepError('cargo build ended', { endedByItself });
  };
  await assert.rejects(inTarget(target, failing(true)), StepError);
  assert.equal(existsSync(marker), false);
  await inTarget(target, async () => assert.deepEqual(files(), ['deps/new.rlib']));
  await assert.rejects(inTarget(target, failing(false)), StepError);
  assert.equal(JSON.parse(readFileSync(marker, 'utf8')).pid, process.pid);
});
