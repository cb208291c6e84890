// Ends the cluster of `npm run tikv:up`. Its data stays.
//
// npm run tikv:down -- --folder DIR   the one that was given to tikv:up
// npm run tikv:down -- --wipe         also removes its data

import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readOptions, readState, stillRuns } from './standing.mjs';

const GRACE_MS = 5_000;
const LOOK_EVERY_MS = 50;

const { folder, wipe } = readOptions(import.meta.url, { wipe: { type: 'boolean', default: false } });
const state = readState(folder);
if (state === undefined) {
  process.stderr.write(`there is no cluster in ${folder}\n`);
  process.exitCode = 1;
} else {
  const running = state.started.filter((each) => stillRuns(folder, each));
  for (const { pid } of running) process.kill(pid, 'SIGTERM');
  await untilGone(running);
  if (wipe) rmSync(folder, { recursive: true, force: true });
  process.stdout.write(
    `${running.length} processes ended${wipe ? ', data removed' : `; data stays in ${folder}`}\n`,
  );
}

async function untilGone(started) {
  const deadline = performance.now() + GRACE_MS;
  for (;;) {
    const left = started.filter((each) => stillRuns(folder, each));
    if (left.length === 0) return;
    const late = performance.now() > deadline;
    for (const { pid } of late ? left : []) process.kill(pid, 'SIGKILL');
    await sleep(LOOK_EVERY_MS);
  }
}
