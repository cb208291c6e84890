// A clone that has the GRANDPA key only, on real nodes: its votes freeze the key.

import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { UnitsPage } from '@watchbill/duty/service';
import { waitFor } from '@watchbill/testkit';
import { plainMachine } from '@watchbill/testkit/scenario';
import { allEnforce, onlyCloneSigns, startGround, untilFrozen } from './clone-ground.ts';

/** With the gated machine alone: each of its votes is compared, and none may be an alarm. */
const ALONE_MS = 30_000;
const WAIT = { timeoutMs: 180_000, everyMs: 500 };

/** A copy of the machine with the key of its votes alone, so that no block betrays it. */
function votingClone() {
  return { ...plainMachine('eve-2'), keys: [{ suri: '//Eve', types: ['gran'] as const }] };
}

test('a clone votes while the gated machine is off: the keys freeze, and the machine stays silent', async (context) => {
  const ground = await startGround(context);
  const { chain, service, setup, gated, policies, grants } = ground;
  const rounds = async () => {
    const path = `/v1/units?key=${setup.grandpaKey}&duty=grandpa&limit=256`;
    return ((await service.admin('GET', path)) as UnitsPage).units;
  };
  await gated.start();
  const votes = async () =>
    (await grants()).some(({ duty, parts }) => duty === 'grandpa' && parts.includes('precommit'));
  await waitFor('a vote is granted', votes, WAIT);
  // Four of five votes finalise a block. Without Dave, each justification has one of Eve's. He stops only
  // now: a node that is behind in finality is not ready, and asks for no vote.
  await chain.network.node('dave').stop();
  const signed = async () => (await rounds()).filter(({ outcome }) => outcome === 'signed');
  await waitFor('rounds are signed', async () => (await signed()).length > 3, WAIT);
  await sleep(ALONE_MS);
  await allEnforce(ground);
  const counted = await signed();
  console.log(
    `${counted.length} of ${(await rounds()).length} rounds of the gated machine were seen as signed`,
  );
  assert.ok(
    counted.every(({ digest, seenDigest }) => digest === seenDigest),
    'each is the vote that was granted',
  );

  await gated.stop();
  const clone = await chain.network.add(votingClone());
  await clone.start();
  const { frozenMs, finalised } = await untilFrozen(ground);
  const freeze = (await policies()).find(({ key }) => key === setup.grandpaKey)?.freeze;
  const { evidence } = freeze ?? {};
  console.log(`${freeze?.reason}; the finalised height was ${finalised} when both keys were frozen`);
  assert.deepEqual(
    [freeze?.cause, evidence?.duty, evidence?.part],
    ['unknown-signature', 'grandpa', 'precommit'],
  );

  const before = await grants();
  await gated.start();
  const { eve, incident } = await onlyCloneSigns(ground, before, frozenMs);
  assert.equal(eve?.blocks, 0, 'the clone has no key for blocks, and the gated machine makes none');
  assert.ok((eve?.votes ?? 0) > 0, 'the clone goes on: only a person can power it off');
  assert.match(incident, /precommit/);
});
