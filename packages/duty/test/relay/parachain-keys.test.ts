// The parachain keys of one validator on two machines: they follow the active machine, and are never on both.

import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { storageKey } from '@watchbill/chain';
import { type DevName, devKey, equivocationsIn, type RunningNode, waitFor } from '@watchbill/testkit';
import { handOver, startParachainSetup } from './ground.ts';
import { type Counted, followSignatures, PARACHAIN_KINDS } from './signatures.ts';

/** Some blocks of six seconds. */
const CALM_MS = 30_000;
const PAUSE_MS = 40_000;
/** When the first look after a pause has ended: it also finds what was signed just before the pause. */
const LOOK_MS = 2_000;
const PLAIN: DevName = 'Charlie';

/** The points of a validator since the genesis: for blocks, and for statements that backed a candidate. */
async function eraPoints({ rpc }: RunningNode, name: DevName): Promise<number> {
  const points = storageKey('StakingAhClient', 'ValidatorPoints');
  const keys = await rpc.call<readonly string[]>('state_getKeysPaged', [points, 100]);
  const key = keys.find((one) => one.endsWith(devKey(name).stash));
  if (key === undefined) return 0;
  const value = await rpc.call<string>('state_getStorage', [key]);
  return Buffer.from(value.slice(2), 'hex').readUInt32LE();
}

test('the parachain keys follow the active machine', async (context) => {
  const setup = await startParachainSetup(context);
  const { network, kind } = setup;
  const machines = kind.machines.map((name) => setup.machine(name));
  const plain = network.node(PLAIN.toLowerCase());
  const book = followSignatures([...machines, plain]);
  context.after(() => book.stop());
  const { onWatch, standby } = await setup.roles();
  const signed = (machine: RunningNode, fromMs: number, kinds: readonly Counted[] = PARACHAIN_KINDS) =>
    book.of([machine], kinds, fromMs);
  let toldMs = 0;
  let toldPoints = [0, 0];
  /** What both validators signed since the last such lines, and their era points. */
  const tell = async (what: string): Promise<void> => {
    const points = await Promise.all([kind.identity, PLAIN].map((name) => eraPoints(plain, name)));
    console.log(`${what}: ${PARACHAIN_KINDS.join(', ')}, era points`);
    for (const [at, of] of [machines, [plain]].entries()) {
      const counts = PARACHAIN_KINDS.map((one) => book.of(of, [one], toldMs).count);
      const gained = Number(points[at]) - Number(toldPoints[at]);
      console.log(`  ${at === 0 ? kind.identity : PLAIN}: ${[...counts, gained].join(', ')}`);
    }
    [toldMs, toldPoints] = [Date.now(), points];
  };
  /** A collator looks for the addresses of validators when it starts, and then every ten minutes. */
  const lookAgain = async (): Promise<void> => {
    const collator = network.node('collator');
    await collator.kill();
    await collator.start();
  };
  const untilSigning = (machine: RunningNode, fromMs: number, kinds: readonly Counted[]) =>
    waitFor(
      `${machine.name} signs ${kinds.join(', ')}`,
      async () => kinds.every((one) => signed(machine, fromMs, [one]).count > 0),
      { timeoutMs: 200_000, everyMs: 250, detail: () => machine.log().slice(-3_000) },
    );

  await context.test('the active machine signs as a plain validator does, the standby does not', async () => {
    await untilSigning(onWatch, 0, PARACHAIN_KINDS);
    const fromMs = Date.now();
    await sleep(CALM_MS);
    const [mine, other] = [onWatch, plain].map((one) => signed(one, fromMs, ['bitfields']).count);
    assert.ok(Number(mine) >= Number(other) - 1, `${mine} bitfields, a plain validator ${other}`);
    assert.equal(signed(standby, 0).count, 0);
    await tell('calm');
  });

  await context.test('a handover moves them without a restart', async () => {
    const fromMs = Date.now();
    await handOver(setup, standby.name);
    await untilSigning(standby, fromMs, ['bitfields']);
    await lookAgain();
    await untilSigning(standby, fromMs, PARACHAIN_KINDS);
    const [old, now] = [signed(onWatch, fromMs), signed(standby, fromMs)];
    assert.ok(old.lastMs < now.firstMs, 'the old machine signed after the new one had begun');
    console.log(`handed over: the other machine signs after ${now.firstMs - fromMs} ms`);
    await tell('handover');
    assert.match(standby.log(), /2 parachain keys are on this machine now/);
    assert.match(onWatch.log(), /the parachain keys are not on this machine any more/);
  });

  await context.test('a machine that is killed loses them to the other one', async () => {
    const release = setup.supervisor.leave(standby);
    await standby.kill();
    const fromMs = Date.now();
    await untilSigning(onWatch, fromMs, ['bitfields']);
    console.log(`killed: the other machine signs after ${signed(onWatch, fromMs).firstMs - fromMs} ms`);
    await standby.start();
    release();
    await lookAgain();
    await untilSigning(onWatch, fromMs, PARACHAIN_KINDS);
    await tell('killed');
    assert.equal(signed(standby, fromMs).count, 0, 'the killed machine came back as the standby');
  });

  await context.test('a machine that stood still has lost them when it wakes up', async () => {
    const fromMs = Date.now();
    onWatch.pause();
    await untilSigning(standby, fromMs, ['bitfields']);
    await sleep(PAUSE_MS);
    const wokenMs = Date.now();
    onWatch.resume();
    await untilSigning(standby, wokenMs, ['bitfields', 'approvals']);
    await tell('paused');
    console.log(`woken: ${PARACHAIN_KINDS.map((one) => signed(onWatch, wokenMs, [one]).count).join(', ')}`);
    assert.equal(signed(onWatch, wokenMs + LOOK_MS).count, 0, 'it signed after it had woken up');
    assert.match(onWatch.log(), /the parachain keys are not on this machine any more/);
  });

  await context.test('in the whole run it earned nearly what a plain validator earned', async () => {
    [toldMs, toldPoints] = [0, [0, 0]];
    await tell('in all');
    const [mine = 0, other = 0] = [machines, [plain]].map((of) => book.of(of, ['bitfields'], 0).count);
    // Two takeovers and a handover cost it some blocks.
    assert.ok(mine > other / 2, `${mine} bitfields, a plain validator ${other}`);
    const [points = 0, others = 0] = toldPoints;
    assert.ok(points > others / 3, `${points} points, a plain validator ${others}`);
    assert.equal(book.of([...machines, plain], ['disputes'], 0).count, 0);
    assert.deepEqual(equivocationsIn(await setup.observer.report()), []);
  });
});
