import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { ROOT, runSteps, type Step, stepsOf } from '@watchbill/testkit/pages/page-run';
import { sqliteVersion, stamp, UPDATE } from '@watchbill/testkit/pages/stamp';
import { comparable } from '@watchbill/testkit/pages/tutorial';

leaveNothing('service-pages');

const TIMEOUT_MS = 200_000;
/** By itself the service gives a slot that ends soon half a second, which a busy machine may take. */
const WAIT_MS = 20_000;

/** Pages whose example needs one service on this machine. */
const PAGES = [
  'docs/duty/how-to/adopt.md',
  'docs/duty/how-to/check-the-ledger.md',
  'docs/duty/how-to/when-it-burns.md',
];

/** Writes the output of a step into its page. */
function show(step: Step, printed: string): void {
  const file = join(ROOT, step.page);
  const text = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    text.replace(`\`\`\`text\n${step.shown}\`\`\``, () => `\`\`\`text\n${printed}\`\`\``),
  );
}

for (const page of PAGES) {
  test(`the example of ${page} prints what the page shows`, async (context) => {
    const home = mkdtempSync(join(tmpdir(), 'watchbill-service-pages-'));
    context.after(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
    const port = await freePort();
    const env = { HOME: home, WATCHBILL_SERVICE_LISTEN_PORT: String(port) };
    const steps = stepsOf(page);
    const patient = steps.map((step) => ({
      ...step,
      commands: step.commands.replaceAll('watchbill claim ', `watchbill claim --wait-ms ${WAIT_MS} `),
    }));
    const { outputs, exitCode } = await runSteps(patient, { env, timeoutMs: TIMEOUT_MS });
    assert.equal(exitCode, 0, outputs.join(''));
    const shown = steps.flatMap((step, index) =>
      step.shown === null ? [] : [{ step, expected: step.shown, printed: outputs[index] ?? '' }],
    );
    for (const { step, expected, printed } of shown) {
      const same = comparable(printed, home, port) === comparable(expected, home, port);
      if (UPDATE && !same) show(step, printed.replaceAll(home, '/home/ada'));
      else
        assert.equal(
          comparable(printed, home, port),
          comparable(expected, home, port),
          `${page}:${step.line}`,
        );
    }
    assert.ok(shown.length > 1, 'outputs that the page shows');
    stamp(page, sqliteVersion());
  });
}
