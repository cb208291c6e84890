// A process that gives way to all others.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { runProcess } from './run-process.mjs';

const AUTOGROUP = '/proc/self/autogroup';
const LOWEST = 19;

const options = { timeoutMs: 60_000, graceMs: 1_000, stop: new AbortController().signal };
const tell = (what) => ['--input-type=module', '-e', `${what}\nconsole.log(told);`];
/** The runner lowers the priority of a process while it starts. */
const PRIORITY = tell(`import { getPriority } from 'node:os';
let told = getPriority();
for (let looks = 0; told !== ${LOWEST} && looks < 200; looks += 1) {
  await new Promise((resolve) => setTimeout(resolve, 10));
  told = getPriority();
}`);
const SESSION = tell(`import { readFileSync } from 'node:fs';
let told = '';
for (let looks = 0; !told.endsWith('nice ${LOWEST}') && looks < 200; looks += 1) {
  await new Promise((resolve) => setTimeout(resolve, 10));
  told = readFileSync('${AUTOGROUP}', 'utf8').trim();
}`);

test('a process that yields has the lowest priority', async () => {
  const { output } = await runProcess(PRIORITY, { ...options, yields: true });
  assert.equal(Number(output), LOWEST);
});

test('its session has it too: the kernel divides the cores by session first', async (t) => {
  if (!existsSync(AUTOGROUP)) return t.skip('this kernel does not divide the cores by session');
  const { output } = await runProcess(SESSION, { ...options, yields: true });
  assert.match(output, new RegExp(`nice ${LOWEST}\\n$`));
});
