import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** Only so that a wait that can never end fails with its own text. */
const WAIT_MS = 60_000;

/** Polls: a condition over several transports has no one event. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + WAIT_MS;
  while (!(await condition())) {
    assert.ok(performance.now() < deadlineMs, `waited for long, and yet not: ${what}`);
    await sleep(5);
  }
}
