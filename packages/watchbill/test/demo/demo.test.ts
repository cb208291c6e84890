import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { processesOf, type RunningDemo, signatureCount, startDemo } from './running.ts';

leaveNothing('demo');

/**
 * A block has to be sealed within two thirds of its slot: a machine that stands still for a second must not
 * miss it.
 */
const SLOT_S = 2;
const SLOTS = ['--slot-ms', String(1_000 * SLOT_S)];

interface Count {
  readonly due: number;
  readonly signed: number;
  readonly missed: number;
  readonly conflicts: number;
}

interface Result {
  readonly duties: number;
  readonly conflicts: number;
  readonly missed: number;
  readonly due: number;
  readonly babe: Count;
  readonly grandpa: Count;
  readonly kills: readonly {
    readonly node: string;
    readonly planned: boolean;
    readonly missed: readonly string[];
  }[];
  readonly unexplained: readonly string[];
}

/** The service and six validators. */
const PROCESSES = 7;
/**
 * A validator signs about three parts of each duty, and one kill may cost two duties: more than forty are to
 * be due.
 */
const SIGNED_BEFORE = 30;
const SIGNED_AFTER = 45;
const WAIT = { timeoutMs: 150_000 };

/** Waits for so many more signatures. */
async function signed(demo: RunningDemo, more: number): Promise<void> {
  const target = signatureCount(demo) + more;
  await waitFor(`signature ${target}`, () => signatureCount(demo) >= target || demo.hasEnded(), WAIT);
}

/** The promise of the demonstration: nothing twice, and what is missed is what a kill cut off. */
function assertKept(result: Result, text: string): void {
  assert.equal(result.conflicts, 0, text);
  assert.ok(result.due > 0, text);
  assert.ok(result.duties >= 0.95 * result.due, text);
  assert.equal(result.duties + result.missed, result.due, text);
  for (const duty of ['babe', 'grandpa'] as const) {
    const { due, missed } = result[duty];
    assert.ok(due > 0, `${duty}: ${text}`);
    assert.ok(missed <= result.kills.length, `${duty}: ${text}`);
    for (const kill of result.kills) {
      assert.ok(kill.missed.filter((unit) => unit.startsWith(duty)).length <= 1, `${duty}: ${text}`);
    }
  }
}

test('unattended: the active node is killed at random, nothing is signed twice, no process stays', async (context) => {
  const demo = startDemo(context, [...SLOTS, '--seconds', String(22 * SLOT_S)]);
  const { code, out, all: text } = await demo.ended;
  assert.equal(code, 0, text);
  const result = JSON.parse(out) as Result;
  assertKept(result, text);
  assert.ok(result.kills.length >= 1, text);
  assert.ok(
    result.kills.every((kill) => kill.planned && kill.node.startsWith('alpha-')),
    text,
  );
  assert.deepEqual(processesOf(demo), []);
});

test('attended: a validator killed by hand comes back, and Ctrl-C counts and ends', async (context) => {
  const demo = startDemo(context, SLOTS);
  const pidOf = () => /processes: .*alpha-1 (\d+)/.exec(demo.printed.errors)?.[1];
  const pid = await demo.until('it names its processes', pidOf);
  // Some duties before, during and after the absence of the machine.
  await signed(demo, SIGNED_BEFORE);
  process.kill(Number(pid), 'SIGKILL');
  await signed(demo, SIGNED_AFTER);
  await waitFor('the killed validator', () => processesOf(demo).length === PROCESSES, WAIT);
  await signed(demo, SIGNED_BEFORE);
  const { code, out, all: text } = await demo.stop('SIGINT');
  assert.equal(code, 0, text);
  const result = JSON.parse(out) as Result;
  assertKept(result, text);
  assert.deepEqual(
    result.kills.map(({ node, planned }) => ({ node, planned })),
    [{ node: 'alpha-1', planned: false }],
  );
  assert.deepEqual(processesOf(demo), []);
});

test('children never outlive the demonstration, not even when it is killed itself', async (context) => {
  const demo = startDemo(context, []);
  await demo.says(/processes:/);
  assert.equal(processesOf(demo).length, PROCESSES);
  await demo.stop('SIGKILL');
  await waitFor('the end of all children', () => processesOf(demo).length === 0, WAIT);
});
