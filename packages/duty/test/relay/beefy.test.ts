// BEEFY over a handover and a kill: a validator on two machines votes as often as a plain one.

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
  const [plain, bob] = [network.node('charlie'), network.node('bob')];
  const book = followSignatures([...machines, plain]);
  context.after(() => book.stop());
  const count = (of: readonly RunningNode[], fromMs: number) => book.of(of, ['beefy'], fromMs).count;
  const untilVoted = (votes: number, fromMs: number) =>
    waitFor(`${votes} votes in BEEFY`, async () => count(machines, fromMs) >= votes, WAIT);
  const compare = (what: string, fromMs: number): void => {
    const [mine, other] = [count(machines, fromMs), count([plain], fromMs)];
    console.log(`${what}: ${mine} votes by ${kind.identity} on two machines, ${other} by a plain validator`);
    assert.ok(Math.abs(mine - other) <= 1, `${mine} votes, a plain validator ${other}`);
  };
  /** Without Bob each round needs the votes of all others. With him the three that are first end it. */
  const withoutBob = async (): Promise<number> => {
    await bob.kill();
    return Date.now();
  };

  const handedMs = await withoutBob();
  await untilVoted(2, handedMs);
  const { onWatch: first, standby: second } = await setup.roles();
  await handOver(setup, second.name);
  await untilVoted(4, handedMs);
  compare('handed over', handedMs);
  for (const machine of [first, second]) assert.ok(count([machine], handedMs) > 0, `${machine.name} voted`);

  // A machine that is killed after a vote keeps that round, and Bob ends it in its place.
  await bob.start();
  setup.supervisor.leave(second);
  await second.kill();
  await waitFor('the other machine is active', async () => (await setup.roles()).onWatch === first, WAIT);
  await plain.untilFinalised((await plain.bestNumber()) + 4, WAIT.timeoutMs);
  const killedMs = await withoutBob();
  await untilVoted(3, killedMs);
  compare('killed', killedMs);
  assert.equal(count([second], killedMs), 0, 'the killed machine is down');
  assert.deepEqual(equivocationsIn(await setup.observer.report()), []);
});
