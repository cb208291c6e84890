// The parachain keys of one validator on two machines: they follow the active machine, and are never on both.

import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WatchState } from '@watchbill/duty/service';
import { type RunningNode, waitFor } from '@watchbill/testkit';
import { type ScenarioSetup, startScenarioSetup, untilSteady } from '@watchbill/testkit/scenario';
import { relayGround } from './ground.ts';

/** A validator signs the bitfield of each block with its `para` key. */
const BITFIELDS = 'polkadot_parachain_bitfields_signed_total';
const EVERY_MS = 250;
const WAIT = { timeoutMs: 120_000, everyMs: EVERY_MS };
/** Some blocks of six seconds. */
const CALM_MS = 30_000;
const PAUSE_MS = 40_000;

/** Bitfields that a machine signed since its start; null while it does not answer. */
async function bitfields({ metricsUrl }: RunningNode): Promise<number | null> {
  try {
    const answer = await fetch(metricsUrl, { signal: AbortSignal.timeout(1_000) });
    const found = new RegExp(`^${BITFIELDS}(?:\\{.*\\})? (\\d+)$`, 'm').exec(await answer.text());
    return found === null ? null : Number(found[1]);
  } catch {
    return null;
  }
}

/** Which machines signed, and when, by looks at their counters. */
function followBitfields(machines: readonly RunningNode[]) {
  const seen: { readonly machine: string; readonly atMs: number }[] = [];
  const before = new Map<string, number>();
  const look = async (): Promise<void> => {
    for (const machine of machines) {
      const count = await bitfields(machine);
      if (count === null) continue;
      const last = before.get(machine.name) ?? 0;
      // A process that began anew counts from zero.
      if (count > last) seen.push({ machine: machine.name, atMs: Date.now() });
      before.set(machine.name, count);
    }
  };
  const timer = setInterval(() => void look(), EVERY_MS);
  const of = (machine: string, fromMs: number) =>
    seen.filter((one) => one.machine === machine && one.atMs >= fromMs);
  return { of, stop: () => clearInterval(timer) };
}

async function handOver({ services }: ScenarioSetup, to: string): Promise<void> {
  const service = services.alive();
  const { watch } = (await service.admin('GET', '/v1/watch')) as { watch: readonly WatchState[] };
  for (const { chain, key } of watch) await service.admin('POST', '/v1/watch/handover', { chain, key, to });
}

async function startSetup(context: TestContext): Promise<ScenarioSetup> {
  const setup = await startScenarioSetup({ ...relayGround(context), store: 'sqlite', wire: 'claims' });
  context.after(() => setup.close());
  await untilSteady(setup);
  return setup;
}

test('the parachain keys follow the active machine', async (context) => {
  const setup = await startSetup(context);
  const { network, kind } = setup;
  const machines = kind.machines.map((name) => setup.machine(name));
  const plain = network.node('alice');
  const follower = followBitfields([...machines, plain]);
  context.after(() => follower.stop());
  const { onWatch, standby } = await setup.roles();
  const untilSigning = (machine: RunningNode, fromMs: number) =>
    waitFor(`${machine.name} signs a bitfield`, async () => follower.of(machine.name, fromMs).length > 0, {
      ...WAIT,
      detail: () => machine.log().slice(-3_000),
    });
  const lastOf = (machine: RunningNode, fromMs: number) =>
    follower.of(machine.name, fromMs).at(-1)?.atMs ?? 0;
  const firstOf = (machine: RunningNode, fromMs: number) => follower.of(machine.name, fromMs)[0]?.atMs ?? 0;

  await context.test(
    'the active machine signs, as a plain validator does, and the standby does not',
    async () => {
      await untilSigning(onWatch, 0);
      const fromMs = Date.now();
      await sleep(CALM_MS);
      const [mine, other] = [follower.of(onWatch.name, fromMs), follower.of(plain.name, fromMs)];
      assert.ok(
        mine.length >= other.length - 1,
        `${mine.length} bitfields, a plain validator ${other.length}`,
      );
      assert.deepEqual(follower.of(standby.name, 0), []);
    },
  );

  await context.test('a handover moves them without a restart', async () => {
    const fromMs = Date.now();
    await handOver(setup, standby.name);
    await untilSigning(standby, fromMs);
    await sleep(CALM_MS);
    const [last, first] = [lastOf(onWatch, fromMs), firstOf(standby, fromMs)];
    assert.ok(last < first, 'the old machine signed after the new one had begun');
    console.log(`handed over: a bitfield by the standby ${first - fromMs} ms after the command`);
    assert.match(standby.log(), /2 parachain keys are on this machine now/);
    assert.match(onWatch.log(), /the parachain keys are not on this machine any more/);
  });

  await context.test('a machine that is killed loses them to the other one', async () => {
    const release = setup.supervisor.leave(standby);
    const fromMs = Date.now();
    await standby.kill();
    await untilSigning(onWatch, fromMs);
    console.log(`killed: a bitfield by the other machine after ${firstOf(onWatch, fromMs) - fromMs} ms`);
    await standby.start();
    release();
    await untilSteady(setup);
    await sleep(CALM_MS);
    assert.deepEqual(follower.of(standby.name, fromMs), [], 'the killed machine came back as the standby');
  });

  await context.test('a machine that stood still has lost them when it wakes up', async () => {
    const fromMs = Date.now();
    onWatch.pause();
    await untilSigning(standby, fromMs);
    await sleep(PAUSE_MS);
    const wokenMs = Date.now();
    onWatch.resume();
    await sleep(CALM_MS);
    const after = follower.of(onWatch.name, wokenMs);
    console.log(`paused: ${after.length} bitfields of the old machine after it woke up`);
    // At most the one that was being made when the machine was stopped.
    assert.ok(after.length <= 1, `${after.length}`);
    assert.match(onWatch.log(), /the parachain keys are not on this machine any more/);
  });
});
