import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runSteps, stepsOf } from './page-run.ts';

const TIMEOUT_MS = 100_000;

for (const page of ['docs/how-to/nominate.md', 'docs/how-to/fleet.md']) {
  test(`the commands of ${page} print what it shows, to the character`, async (context) => {
    const home = mkdtempSync(join(tmpdir(), 'watchbill-how-to-'));
    context.after(() => rmSync(home, { recursive: true, force: true }));
    const steps = stepsOf(page);
    const { outputs, exitCode } = await runSteps(steps, { env: { HOME: home }, timeoutMs: TIMEOUT_MS });
    for (const [index, { line, shown }] of steps.entries()) {
      const printed = outputs[index];
      assert.ok(printed !== undefined, `${page}:${line} was not reached`);
      if (shown !== null) assert.equal(printed, shown, `${page}:${line}`);
    }
    assert.equal(exitCode, 0);
    assert.ok(
      steps.filter(({ shown }) => shown !== null).length >= 8,
      'the page shows what its commands print',
    );
  });
}
