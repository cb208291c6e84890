// The danger on a relay chain, and the check that finds it: two plain machines of one validator.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equivocationsIn, type ObserverReport, waitFor } from '@watchbill/testkit';
import { plainMachine, startScenarioChain } from '@watchbill/testkit/scenario';
import { relayGround } from './ground.ts';
import { followSignatures } from './signatures.ts';

const TWINS_TIMEOUT_MS = 400_000;

test('two plain relay-chain nodes with one key sign twice, and the observer sees it', async (context) => {
  const ground = relayGround(context);
  const machines = ground.kind.machines.map((name) => plainMachine(name, ground.kind));
  const chain = await startScenarioChain({ ...ground, machines });
  context.after(() => chain.close());
  const twins = ground.kind.machines.map((name) => chain.network.node(name));
  const book = followSignatures(twins);
  context.after(() => book.stop());
  let report: ObserverReport = await chain.observer.report();
  // No offence of BABE reaches the chain: the stock report of a relay node has headers without their seals.
  const isSeen = async (): Promise<boolean> => {
    report = await chain.observer.report();
    return report.equivocations.blocks > 0;
  };
  await waitFor('two blocks in a slot', isSeen, {
    timeoutMs: TWINS_TIMEOUT_MS,
    everyMs: 1_000,
    detail: () => JSON.stringify(report.equivocations),
  });
  const lines = equivocationsIn(report);
  assert.match(lines.join('\n'), /^Dave: 2 headers in slot/m);
  for (const line of lines) assert.match(line, /^Dave: /, 'only Dave signed twice');
  const counts = twins.map((one) => book.of([one], ['bitfields'], 0).count);
  assert.ok(Math.min(...counts) > 0, `both have the parachain keys: ${counts.join(' and ')} bitfields`);
});
