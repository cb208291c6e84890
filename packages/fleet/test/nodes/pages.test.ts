// Pages that bring their own nodes, or need programs that only this tier has: every command runs as printed.

import { test } from 'node:test';
import { stepsOf } from '@watchbill/testkit/pages/page-run';
import { assertPages, changed, under } from './pages.ts';

const TIMEOUT_MS = 600_000;

test('the commands of the page on simulations print what it shows', async () => {
  const varies: readonly (readonly [RegExp, string])[] = [
    // A node ends and starts beside the steps, and heights and times are those of the run.
    [/^(?:ended|started) .*\n/gm, ''],
    [/\/\S*\/watchbill-simulation-\w+/g, '/tmp/watchbill-simulation-X'],
    [/\(\d+\.\d s\)/g, '(N s)'],
    [/\b(alice|bob|carol) \d+/g, '$1 N'],
  ];
  const check = 'watchbill fleet local simulate --check\n';
  // The first file allows a minute for the start and for each step: too little on a busy machine.
  const patient = `sed -i 's/Seconds: 60/Seconds: 240/' simulation.yaml\n${check}`;
  const steps = changed(stepsOf('docs/fleet/how-to/simulate.md'), new Map([[check, patient]]));
  await assertPages(steps, { varies, timeoutMs: TIMEOUT_MS });
});

test('the commands of the page on backups print what it shows', async () => {
  const steps = under('docs/fleet/how-to/back-up.md#on-a-machine', [
    '1. A network with a node for backups',
    '2. A backup',
    '3. A drill',
    '4. A restore',
    '5. A schedule and a limit',
  ]);
  const varies: readonly (readonly [RegExp, string])[] = [
    [/\d{8}T\d{6}Z-\d+/g, 'BACKUP'],
    [/backup +age +final block +size +kept by/g, 'backup age final block size kept by'],
    [/\d+ files, [\d.]+ [KMG]iB/g, 'N files, N MiB'],
    [/(BACKUP) +\d+ (?:s|min) +\d+ +[\d.]+ [KMG]iB +/g, '$1 N s N N MiB '],
    [/\b(block|in the backup:|best) \d+/g, '$1 N'],
  ];
  await assertPages(steps, { varies, timeoutMs: TIMEOUT_MS });
});

test('the commands of the pages on watching print what they show, and what they write is taken by Prometheus', async () => {
  const steps = stepsOf('docs/fleet/how-to/watch-fleet.md').filter(
    ({ commands }) => !commands.includes('--local local'),
  );
  await assertPages(steps, { timeoutMs: TIMEOUT_MS });
});
