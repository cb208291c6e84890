import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { ROOT, runSteps, stepsOf } from '@watchbill/testkit/pages/page-run';
import { stamp } from '@watchbill/testkit/pages/stamp';

leaveNothing('how-to');

const TIMEOUT_MS = 200_000;

/**
 * Pages that need no node and no cluster, how many outputs each shows at least, and a program that it
 * needs.
 */
const PAGES: readonly (readonly [string, number, string?])[] = [
  ['docs/nominate/how-to/nominate.md', 8],
  ['docs/coordinate/how-to/coordinate-certificate.md', 5, 'python3'],
  ['docs/coordinate/how-to/coordinate-monitor.md', 1],
  ['docs/fleet/how-to/fleet.md', 8],
  ['docs/fleet/how-to/fit-your-cluster.md', 4],
  ['docs/duty/how-to/deploy-the-service.md#a-network-file', 3],
  ['docs/duty/how-to/change-ledger.md#a-key-without-a-pause', 2],
];

for (const [page, least, program] of PAGES) {
  const isMissing = program !== undefined && spawnSync(program, ['--version']).error !== undefined;
  const skip =
    isMissing && process.env.CI !== 'true' ? `${program} is missing: apt-get install ${program}` : false;
  test(`the commands of ${page} print what it shows, to the character`, { skip }, async (context) => {
    const home = mkdtempSync(join(tmpdir(), 'watchbill-how-to-'));
    context.after(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
    const steps = stepsOf(page);
    const env = { HOME: home, PATH: `${join(ROOT, 'packages/testkit/command')}:${process.env.PATH}` };
    const { outputs, exitCode } = await runSteps(steps, { env, timeoutMs: TIMEOUT_MS });
    for (const [index, { line, shown }] of steps.entries()) {
      const printed = outputs[index];
      assert.ok(printed !== undefined, `${page}:${line} was not reached`);
      if (shown !== null) assert.equal(printed, shown, `${page}:${line}`);
    }
    assert.equal(exitCode, 0);
    assert.ok(
      steps.filter(({ shown }) => shown !== null).length >= least,
      'the page shows what its commands print',
    );
    stamp(page, `Node ${process.versions.node}`);
  });
}
