// docs/nominate/how-to/nominate-publish.md, followed as printed on the example of a programme that runs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROOT, runSteps, stepsOf } from '@watchbill/testkit/pages/page-run';
import { stamp } from '@watchbill/testkit/pages/stamp';
import { exampleHarness, untilFits } from '../service-process.ts';

const PAGE = 'docs/nominate/how-to/nominate-publish.md#pages-and-api';
const TIMEOUT_MS = 120_000;

test(`the commands of ${PAGE} answer, and compute the round again`, { timeout: 360_000 }, async (context) => {
  const harness = await exampleHarness(context);
  const { url } = await harness.run();
  await untilFits(
    async () => (await (await fetch(`${url}/v1/rounds`)).json()) as { readonly total: number },
    ({ total }) => total > 0,
  );
  const steps = stepsOf(PAGE);
  assert.equal(steps.length, 2);
  assert.ok(steps[0]?.commands.includes('http://127.0.0.1:8470'));
  // A test takes any port.
  const moved = steps.map((step) => ({
    ...step,
    commands: step.commands.replace('http://127.0.0.1:8470', url),
  }));
  const cd = { page: PAGE, heading: '', line: 0, commands: `cd '${harness.dir}'\n`, shown: null };
  const env = { PATH: `${ROOT}/packages/testkit/command:${process.env.PATH}` };
  const { outputs, exitCode } = await runSteps([cd, ...moved], { env, timeoutMs: TIMEOUT_MS });
  assert.equal(exitCode, 0, outputs.join(''));
  const [, asked = '', checked = ''] = outputs;
  const answers = asked.trim().split(/\n(?=\{)/);
  assert.equal(answers.length, 4, asked);
  for (const answer of answers) assert.doesNotThrow(() => JSON.parse(answer), answer);
  assert.match(checked, /the same, byte for byte/);
  stamp(PAGE, `Node ${process.versions.node}`);
});
