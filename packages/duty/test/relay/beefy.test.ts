// BEEFY over a handover: a validator on two machines votes as often as a plain one.

import assert from 'node:assert/strict';
import test from 'node:test';
import { equivocationsIn, type RunningNode, waitFor } from '@watchbill/testkit';
import { startScenarioSetup, untilSteady } from '@watchbill/testkit/scenario';
import { handOver, relayGround } from './ground.ts';
import { followSignatures } from './signatures.ts';

/** BEEFY votes on every eighth block at the latest, which is 48 s, and finality trails. */
const WAIT = { timeoutMs: 300_000, everyMs: 250 };

test('a validator on two machines votes in BEEFY as often as a plain one', async (context) => {
  const setup = await startScenarioSetup({ ...relayGround(context), store: 'sqlite', wire: 'claims' });
  context.after(() => setup.close());
  await untilSteady(setup);
  const { network, kind } = setup;
  const machines = kind.machines.map((name) => setup.machine(name));
  const plain = network.node('charlie');
  const book = followSignatures([...machines, plain]);
  context.after(() => book.stop());
  // Without Bob each round needs the votes of all others. With him the three that are first end it.
  await network.node('bob').kill();
  const fromMs = Date.now();
  const count = (of: readonly RunningNode[]) => book.of(of, ['beefy'], fromMs).count;
  const untilVoted = (votes: number) =>
    waitFor(`${votes} votes in BEEFY`, async () => count(machines) >= votes, WAIT);
  await untilVoted(2);
  const { onWatch, standby } = await setup.roles();
  await handOver(setup, standby.name);
  await untilVoted(4);
  const [mine, other] = [count(machines), count([plain])];
  console.log(`votes in BEEFY: ${mine} by ${kind.identity} on two machines, ${other} by a plain validator`);
  assert.ok(Math.abs(mine - other) <= 1, `${mine} votes, a plain validator ${other}`);
  assert.ok(count([onWatch]) > 0 && count([standby]) > 0, 'both machines voted');
  assert.deepEqual(equivocationsIn(await setup.observer.report()), []);
});
