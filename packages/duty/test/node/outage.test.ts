// No service answers for a while, and four of five validators are gated. A vote that is not granted waits:
// no node ends, the fifth validator goes on making blocks, and finality comes back by itself. The voter of
// a stock node ends instead: WATCHBILL_STOCK_NODE names a devnode without its patch, for the control.
// WATCHBILL_OUTAGE_SECONDS sets the time, 31 by default.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '@watchbill/kit/testing';
import { type RunningNode, startNodeNetwork, waitFor } from '@watchbill/testkit';
import { type ScenarioServices, startReports, startServices } from '@watchbill/testkit/scenario';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario/spec-file';
import { admit, gateArgs } from './dev-gate.ts';

const OUTAGE_MS = 1_000 * Number(process.env.WATCHBILL_OUTAGE_SECONDS || 31);
const STOCK_NODE = process.env.WATCHBILL_STOCK_NODE;
const GATED = ['Alice', 'Bob', 'Charlie', 'Dave'] as const;
const WAIT = { timeoutMs: 180_000, everyMs: 250 };
/** A stock voter gives up a vote after 30 seconds, wherever it is in a round. */
const STOCK_ENDS_MS = 90_000;
const ROUNDS = 2;

interface Ground {
  readonly services: ScenarioServices;
  readonly gated: readonly RunningNode[];
  /** The fifth validator asks nobody. */
  readonly plain: RunningNode;
}

async function startGround(context: TestContext, binary: string): Promise<Ground> {
  const folder = temporaryFolder(context);
  const services = await startServices('sqlite', folder);
  context.after(() => services.close());
  const { url } = services.alive();
  const network = await startNodeNetwork({
    binary,
    spec: specFile(context, '5'),
    folder: join(folder, 'nodes'),
    nodes: [
      { name: 'eve', keys: [{ suri: '//Eve' }] },
      ...GATED.map((name) => ({
        name: name.toLowerCase(),
        keys: [{ suri: `//${name}` }],
        args: gateArgs(name.toLowerCase(), url),
      })),
    ],
    args: ['--gossip-duration-ms', '250'],
    start: false,
  });
  context.after(() => network.close());
  const plain = network.node('eve');
  await plain.start();
  const gated = GATED.map((name) => network.node(name.toLowerCase()));
  const chain = await plain.rpc.call<string>('chain_getBlockHash', [0]);
  // No round ends without these four, so no observer can report a later one.
  const changes = { return: 'trust' } as const;
  for (const who of GATED)
    await admit(services.alive(), chain, { who, node: network.node(who.toLowerCase()), changes });
  await startReports(services, plain, folder, (stop) => context.after(stop));
  await Promise.all(gated.map((node) => node.start()));
  await plain.untilFinalised(5, WAIT.timeoutMs);
  return { services, gated, plain };
}

async function roundOf({ rpc }: RunningNode): Promise<number> {
  const state = await rpc.call<{ readonly best: { readonly round: number } }>('grandpa_roundState', []);
  return state.best.round;
}

const ended = ({ gated }: Ground): readonly string[] =>
  gated.filter((node) => !node.running()).map(({ name }) => name);

test(`no service for ${OUTAGE_MS / 1_000} s: no node ends, and finality comes back by itself`, async (context) => {
  const ground = await startGround(context, nodeBinary());
  const { services, gated, plain } = ground;
  const service = services.alive();
  await service.kill('SIGTERM');
  const best = await plain.bestNumber();
  await sleep(OUTAGE_MS);
  const blocks = (await plain.bestNumber()) - best;
  assert.ok(blocks >= OUTAGE_MS / 1_000 / 20, `the plain validator made ${blocks} blocks meanwhile`);
  assert.deepEqual(ended(ground), [], 'no node ended');
  const [final, round] = [await plain.finalisedNumber(), await roundOf(plain)];
  assert.ok((await plain.bestNumber()) > final + 1, 'finality stood still');
  await service.restart();
  const isBack = async () => (await plain.finalisedNumber()) > final;
  const detail = () =>
    [...gated, plain].map((node) => `${node.name}:\n${node.log().slice(-2_500)}`).join('\n\n');
  await waitFor('finality to come back', isBack, { ...WAIT, detail });
  const rounds = (await roundOf(plain)) - round;
  context.diagnostic(`${blocks} blocks of the plain validator; finality was back after ${rounds} rounds`);
  assert.ok(rounds <= ROUNDS, `it took ${rounds} rounds`);
  await plain.untilFinalised((await plain.bestNumber()) + 3, WAIT.timeoutMs);
  assert.deepEqual(ended(ground), []);
  for (const node of gated)
    assert.ok(node.grep(/ waits: /).length > 0, `${node.name} says that a vote waits`);
});

test('the control: a voter without the patch ends with its node', {
  skip: STOCK_NODE === undefined,
}, async (context) => {
  const ground = await startGround(context, STOCK_NODE ?? '');
  await ground.services.alive().kill('SIGTERM');
  await waitFor('a node to end', () => ended(ground).length > 0, { timeoutMs: STOCK_ENDS_MS });
});
