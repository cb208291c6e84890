import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '@watchbill/testkit';
import { runSteps, stepsOf } from '../docs/page-run.ts';

const PAGE = 'docs/tutorial/local-network.md';
const TIMEOUT_MS = 300_000;

test('the commands of the tutorial of a local network print what it shows', async (context) => {
  const home = mkdtempSync(join(tmpdir(), 'watchbill-tutorial-'));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  const port = await freePort();
  const steps = stepsOf(PAGE);
  const moved = steps.map((step) => ({ ...step, commands: step.commands.replaceAll('9950', String(port)) }));
  // What was built before stands in the cache of whoever runs the tests.
  const env = { HOME: home, XDG_CACHE_HOME: process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache') };
  const { outputs, exitCode } = await runSteps(moved, { env, timeoutMs: TIMEOUT_MS });
  const normal = (text: string) =>
    text
      .replaceAll(home, '/home/ada')
      .replaceAll(`127.0.0.1:${port}`, '127.0.0.1:9950')
      .replace(/ +/g, ' ')
      .replace(/^ /gm, '')
      .trim();
  for (const [index, step] of steps.entries()) {
    const where = `${PAGE}:${step.line}`;
    const printed = outputs[index];
    assert.ok(printed !== undefined, `${where} was not reached; before it: ${outputs.at(-1)}`);
    if (step.shown !== null)
      assert.equal(
        normal(printed),
        normal(step.shown).replaceAll(`--gateway ${port}`, '--gateway 9950'),
        where,
      );
  }
  assert.equal(exitCode, 0);
});
