// Two commands that start at once in a fresh clone, with a stand-in for npm that takes a while.

import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { plantTree } from './check/fixture-tree.mjs';
import { textOf } from './check/sources.mjs';
import { start, until } from './node/testing/fake-cargo.mjs';
import { ROOT } from './pinned.mjs';
import { endGroup } from './process-group.mjs';

const LIMITED = { timeout: 90_000 };

/** Writes what `npm ci` would, and fails as npm does if another one works in the same folder. */
const FAKE_NPM = `
import { appendFileSync, mkdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
appendFileSync('calls.txt', process.argv[2] + '\\n');
mkdirSync('busy');
await sleep(Number(process.env.FAKE_NPM_MS));
mkdirSync('node_modules/node/bin', { recursive: true });
symlinkSync(process.execPath, 'node_modules/node/bin/node');
writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages: {} }));
rmdirSync('busy');
`;

function clone(context) {
  const scripts = ['setup', 'pinned', 'holder-file', 'running'].map((name) => `scripts/${name}.mjs`);
  const { root } = plantTree(context, {
    ...Object.fromEntries(scripts.map((file) => [file, textOf(ROOT, file)])),
    'package.json': JSON.stringify({ type: 'module', devDependencies: { node: process.versions.node } }),
    'package-lock.json': JSON.stringify({ packages: {} }),
    'npm-cli.mjs': FAKE_NPM,
  });
  return { root, calls: () => textOf(root, 'calls.txt').trim().split('\n') };
}

function setUp(context, root, npmMs) {
  const env = { ...process.env, npm_execpath: join(root, 'npm-cli.mjs'), FAKE_NPM_MS: String(npmMs) };
  const { child, outcome } = start([join(root, 'scripts/setup.mjs')], env, process.execPath, true);
  context.after(() => endGroup(child.pid, { signal: 'SIGKILL', graceMs: 1_000 }));
  return { child, ended: outcome().then(({ code, stderr: text }) => ({ code, text })) };
}

test('of three commands that start at once, one installs and the others wait', LIMITED, async (context) => {
  const { root, calls } = clone(context);
  const ended = await Promise.all([1, 2, 3].map(() => setUp(context, root, 1_000).ended));
  for (const { code, text } of ended) assert.equal(code, 0, text);
  assert.deepEqual(calls(), ['ci']);
  assert.ok(ended.some(({ text }) => /process \d+ installs the dependencies; waiting for it/.test(text)));
  assert.equal(existsSync(join(root, '.cache/set-up.json')), false);
});

test('a killed set-up does not keep the next one waiting', LIMITED, async (context) => {
  const { root, calls } = clone(context);
  const first = setUp(context, root, 60_000);
  await until(() => existsSync(join(root, 'busy')));
  process.kill(-first.child.pid, 'SIGKILL');
  await first.ended;
  rmSync(join(root, 'busy'), { recursive: true });
  const second = await setUp(context, root, 0).ended;
  assert.equal(second.code, 0, second.text);
  assert.deepEqual(calls(), ['ci', 'ci']);
});
