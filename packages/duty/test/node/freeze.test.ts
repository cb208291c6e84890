// A clone of a gated machine, without a gate, on real nodes: the keys are frozen at its first block or vote.

import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { plainMachine } from '@watchbill/testkit/scenario';
import { allEnforce, onlyCloneSigns, startGround, untilFrozen } from './clone-ground.ts';

/** With the gated machine alone: every block of it is compared, and none may be an alarm. */
const ALONE_MS = 25_000;

test('a plain clone starts: both keys are frozen, and only the clone signs after that', async (context) => {
  const ground = await startGround(context);
  const { chain, gated, policies, grants } = ground;
  await gated.start();
  await chain.observer.untilFirstSignature('Eve', Date.now(), 180_000);
  await sleep(ALONE_MS);
  const granted = (await grants()).map(({ duty }) => duty);
  assert.ok(granted.includes('babe'), `it makes blocks; granted: ${granted.join(' ')}`);
  await allEnforce(ground);

  const clone = await chain.network.add(plainMachine('eve-2'));
  await clone.start();
  const { frozenMs, finalised } = await untilFrozen(ground);
  const before = await grants();
  const [freeze] = (await policies()).map((policy) => policy.freeze);
  const { evidence } = freeze ?? {};
  assert.equal(freeze?.cause, 'unknown-signature');
  assert.ok(evidence != null);
  const { duty, unit, block } = evidence;
  console.log(
    `the clone signed ${duty} ${unit}, seen in block ${block.number}; ` +
      `the finalised height was ${finalised} when both keys were frozen`,
  );
  // Its first vote may be seen before its first block. A justification has votes for blocks before its own.
  assert.ok(['babe', 'grandpa'].includes(duty), duty);
  if (duty === 'babe') assert.ok(finalised <= Number(block.number) + 1, 'frozen within one finalised block');

  const { eve, incident } = await onlyCloneSigns(ground, before, frozenMs);
  const signed = (eve?.blocks ?? 0) + (eve?.votes ?? 0);
  assert.ok(signed > 0, 'the clone goes on: only a person can power it off');
  assert.match(incident, /Find the other signer/);
});
