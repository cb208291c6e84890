import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../support/service-process.ts';
import { runSteps, stepsOf } from './page-run.ts';

const PAGE = 'docs/tutorial/first-service.md';
const TIMEOUT_MS = 200_000;
/** By itself the service gives a slot that ends soon half a second, which a busy machine may take. */
const WAIT_MS = 20_000;

/** What differs between two runs is made equal: ids, the slot of now, the folder, the port, how the shell tells of a kill. */
function normal(text: string, home: string, port: number): string {
  return text
    .replaceAll(home, '/home/ada')
    .replaceAll(`127.0.0.1:${port}`, '127.0.0.1:8450')
    .split('\n')
    .filter((line) => !/\bKilled\b/.test(line))
    .join('\n')
    .replace(/(?<![0-9a-f])[0-9a-f]{16,64}(?![0-9a-f])/g, 'ID')
    .replace(/\b\d{9}\b/g, 'SLOT')
    .replace(/ +/g, ' ')
    .trim();
}

test('the commands of the tutorial print what it shows', async (context) => {
  const home = mkdtempSync(join(tmpdir(), 'watchbill-tutorial-'));
  context.after(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
  const port = await freePort();
  const steps = stepsOf(PAGE);
  const moved = steps.map((step) => ({
    ...step,
    commands: step.commands
      .replaceAll('127.0.0.1:8450', `127.0.0.1:${port}`)
      .replaceAll('watchbill claim ', `watchbill claim --wait-ms ${WAIT_MS} `),
  }));
  const env = { HOME: home, WATCHBILL_SERVICE_LISTEN_PORT: String(port) };
  const { outputs, exitCode } = await runSteps(moved, { env, timeoutMs: TIMEOUT_MS });
  for (const [index, step] of steps.entries()) {
    const where = `${PAGE}:${step.line}`;
    const printed = outputs[index];
    assert.ok(printed !== undefined, `${where} was not reached`);
    if (step.shown !== null) assert.equal(normal(printed, home, port), normal(step.shown, home, port), where);
  }
  assert.equal(exitCode, 0);
  const text = outputs.join('');
  for (const outcome of ['not-adopted', 'new', 'digest-differs', 'unit-taken', 'repeat', 'unit-ahead'])
    assert.match(text, new RegExp(`\\(${outcome}\\)`), `the tutorial shows ${outcome}`);
});
