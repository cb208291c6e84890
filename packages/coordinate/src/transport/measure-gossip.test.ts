import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { gossipMember, measureGossip } from './measure-gossip.ts';
import { conformanceGroup, conformanceKey } from './testing/conformance-group.ts';
import { memoryNetwork } from './testing/memory-network.ts';

const KEYS = [0, 1, 2, 3].map(conformanceKey);
const ROUND = { answerCount: 3, roundDeadlineMs: 1_000 };

/** A group whose network delivers, or loses, one message in each virtual millisecond. */
async function group(context: TestContext, isLossy: boolean) {
  const network = memoryNetwork();
  const time = createVirtualClock({ flowing: true });
  const members = await Promise.all(
    KEYS.map((key, seat) =>
      gossipMember(async (events) =>
        network.join({ group: conformanceGroup(seat, { keys: KEYS }), key, events, nowMs: time.nowMs }),
      ),
    ),
  );
  const drive = (): void => {
    if (isLossy) network.loseNext();
    else network.deliverNext();
    time.after(1, drive);
  };
  drive();
  context.after(() => time.halt());
  return { members, time };
}

test('each round has a time, shortest first', async (context) => {
  const { members, time } = await group(context, false);
  const measure = await measureGossip(members, { ...ROUND, rounds: 8, time });
  assert.equal(measure.roundTripsMs.length, 8);
  assert.equal(measure.lostRounds, 0);
  assert.ok(measure.roundTripsMs.every((ms) => ms > 0 && ms < ROUND.roundDeadlineMs));
  assert.deepEqual(
    [...measure.roundTripsMs].sort((a, b) => a - b),
    measure.roundTripsMs,
  );
});

test('a round without enough answers is lost', async (context) => {
  const lossy = await group(context, true);
  assert.deepEqual(await measureGossip(lossy.members, { ...ROUND, rounds: 2, time: lossy.time }), {
    roundTripsMs: [],
    lostRounds: 2,
  });
  assert.equal(lossy.time.monotonicMs(), 2 * ROUND.roundDeadlineMs);
  const { members, time } = await group(context, false);
  const tooMany = await measureGossip(members, { ...ROUND, rounds: 1, answerCount: 4, time });
  assert.equal(tooMany.lostRounds, 1);
});
