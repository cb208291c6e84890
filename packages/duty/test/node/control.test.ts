// The danger itself, and the check that finds it: one key on two plain nodes signs twice, on one node once.
// Every scenario that reports zero equivocations is counted by the observer that must count them here.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { equivocationsIn, type IdentityReport, type ObserverReport, waitFor } from '@watchbill/testkit';
import {
  type ChainKind,
  DEVNET,
  plainMachine,
  type ScenarioChain,
  startScenarioChain,
} from '@watchbill/testkit/scenario';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario/spec-file';

const TWINS_TIMEOUT_MS = 300_000;
/** One twin sleeps this long and works this long, in turn. Long enough for a round to pass it by. */
const [ASLEEP_MS, AWAKE_MS] = [2_500, 2_500];
const ALONE_MS = 30_000;

/** Alice, and Bob as many times as there are names. */
async function observed(context: TestContext, bobs: readonly string[]): Promise<ScenarioChain> {
  const kind: ChainKind = { ...DEVNET, identity: 'Bob', others: ['Alice'] };
  const machines = bobs.map((name) => plainMachine(name, kind));
  const options = { binary: nodeBinary(), spec: specFile(context, '2'), kind, machines };
  const chain = await startScenarioChain(options);
  context.after(() => chain.close());
  await chain.watcher.untilFinalised(2);
  return chain;
}

function bobIn(report: ObserverReport): IdentityReport {
  const bob = report.identities.find(({ name }) => name === 'Bob');
  assert.ok(bob, 'the observer knows Bob');
  return bob;
}

test('two plain nodes with one key sign twice: the observer sees it, and so does the chain', async (context) => {
  const { network, observer } = await observed(context, ['bob', 'bob-twin']);
  const twin = network.node('bob-twin');
  let report = await observer.report();
  await waitFor(
    'two blocks in a slot, two votes in a round, and both on chain',
    async () => {
      // Awake twins seal twice in every slot, but mostly vote for the same block. One that was frozen votes
      // for an old one.
      twin.pause();
      await sleep(ASLEEP_MS);
      twin.resume();
      await sleep(AWAKE_MS);
      report = await observer.report();
      const kinds = new Set(bobIn(report).offences.map(({ kind }) => kind));
      const { blocks, votes } = report.equivocations;
      return blocks > 0 && votes > 0 && kinds.has('babe:equivocatio') && kinds.has('grandpa:equivoca');
    },
    { timeoutMs: TWINS_TIMEOUT_MS, everyMs: 1, detail: () => JSON.stringify(report.equivocations) },
  );
  assert.ok(equivocationsIn(report).length >= 4);
  for (const line of equivocationsIn(report)) assert.match(line, /^Bob: /, 'nobody else is accused');
  context.diagnostic(`with a twin: ${JSON.stringify(report.equivocations)}`);
});

test('the same network without the twin signs everything once', async (context) => {
  const { observer } = await observed(context, ['bob']);
  await sleep(ALONE_MS);
  const report = await observer.report();
  const bob = bobIn(report);
  assert.deepEqual(equivocationsIn(report), []);
  assert.deepEqual(report.equivocations, { blocks: 0, votes: 0, offences: 0 });
  assert.deepEqual(report.faults, []);
  assert.ok(bob.blocks > 0 && bob.votes > 0 && bob.due.slots > 0, JSON.stringify(bob));
  context.diagnostic(
    `alone: ${bob.blocks} blocks, ${bob.votes} votes, ${bob.due.slots} due slots, ${bob.due.missed.length} missed`,
  );
});
