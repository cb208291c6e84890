// The clock of a service is an hour ahead, on real nodes: the blocks that a gate saw arrive bound it.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import type { UnitsPage } from '@watchbill/duty/service';
import { findFaketime, steppedClock, untilReady, waitFor } from '@watchbill/testkit';
import { makeToken } from '@watchbill/testkit/scenario';
import { adopt } from '@watchbill/testkit/scenario/alice-ground';
import { postClaim } from '@watchbill/testkit/service/race';
import { blocksOf, SLOT_KEY, startDave, untilVoted } from './dave-ground.ts';

const AHEAD_S = 3_600;
/** No node has this key. The gate of Dave is its only observer. */
const KEY = `0x${'42'.repeat(32)}`;
const WAIT = { timeoutMs: 150_000, everyMs: 500 };
const BOTH_CLOCKS = /^the clock of this service shows slot (\d+), .* no slot above (\d+) is due$/;

const now = () => Math.floor(Date.now() / 1_000);

test('an hour ahead, a service grants no slot of the future; told of no block, it does', async (context) => {
  if (findFaketime() === null) return context.skip('libfaketime is missing: apt-get install faketime');
  const { folder, service, network, watcher, votes } = await startDave(context, ['dave-1']);
  const dave = network.node('dave-1');
  const clock = steppedClock(join(folder, 'clock'));
  const restart = async () => {
    await service.kill('SIGTERM');
    await service.restart(clock.env);
    await untilReady(service);
  };
  const step = async (offsetS: number) => {
    const steps = async () => (await service.log()).split('"event":"clock-stepped"').length;
    const before = await steps();
    clock.setOffset(offsetS);
    await waitFor('the service to see the step', async () => (await steps()) > before, WAIT);
    await untilReady(service);
  };
  const chain = await watcher.rpc.call<string>('chain_getBlockHash', [0]);
  await adopt(service, chain, KEY, ['dave-1']);
  const token = await makeToken(service, { role: 'node', name: 'alice' });
  const payload = { digest: `0x${'ab'.repeat(32)}`, incarnation: 'ab'.repeat(16) };
  const claim = async (slot: number) => {
    const unit = { claimId: `${slot}`, chain, key: KEY, duty: 'babe', unit: `${slot}`, part: 'seal' };
    return (await postClaim(service.url, token, { ...unit, ...payload })).body;
  };
  await restart();
  await dave.start();
  await waitFor('Dave to make a block', async () => (await blocksOf(service)) > 1, WAIT);
  await dave.untilBest((await dave.bestNumber()) + 5);

  await step(AHEAD_S);
  const slot = now();
  const { outcome, reason, message = '' } = await claim(slot + AHEAD_S);
  assert.deepEqual([outcome, reason], ['denied', 'unit-ahead'], message);
  const [shown = 0, highest = 0] = (BOTH_CLOCKS.exec(message) ?? assert.fail(message)).slice(1).map(Number);
  assert.ok(shown >= slot + AHEAD_S && shown <= now() + AHEAD_S + 1, message);
  assert.ok(highest > slot - AHEAD_S / 60 && highest <= now() + 16, message);
  // The slots of now lie below the wrong clock, so Dave makes no block. All else goes on.
  const [blocks, finalised] = [await blocksOf(service), await watcher.finalisedNumber()];
  const isLate = async () => {
    const page = await service.admin('GET', `/v1/units?key=${SLOT_KEY}&duty=babe&limit=256`);
    return (page as UnitsPage).units.some((unit) => unit.outcome === 'late' && unit.reason === 'unit-past');
  };
  await waitFor('a slot of Dave to be late', isLate, WAIT);
  await untilVoted(dave, votes, 1);
  await watcher.untilFinalised(finalised + 4, WAIT.timeoutMs);
  assert.equal(await blocksOf(service), blocks);
  await step(0);
  await waitFor('Dave to make a block again', async () => (await blocksOf(service)) > blocks, WAIT);

  // The control. A start forgets the arrivals, and the only observer of the key is off.
  await dave.stop();
  clock.setOffset(AHEAD_S);
  await restart();
  const isGranted = async () => (await claim(now() + AHEAD_S)).outcome === 'granted';
  await waitFor('a slot of the future to be granted', isGranted, WAIT);
  await step(0);
  const isShut = async () => (await claim(now())).reason === 'unit-ahead-granted';
  await waitFor('the slots of now to be denied', isShut, WAIT);
});
