import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conformanceGroup, conformanceKey } from './conformance-group.ts';
import { gossipMember, measureGossip } from './measure-gossip.ts';
import { memoryNetwork } from './memory/index.ts';

const KEYS = [0, 1, 2, 3].map(conformanceKey);

async function group(isLossy: boolean) {
  const network = memoryNetwork();
  let isOver = false;
  const members = await Promise.all(
    KEYS.map((key, seat) =>
      gossipMember(async (events) =>
        network.join({ group: conformanceGroup(seat, { keys: KEYS }), key, events, nowMs: Date.now }),
      ),
    ),
  );
  const drive = (): void => {
    if (isOver) return;
    if (isLossy) network.loseNext();
    else network.deliverNext();
    setImmediate(drive);
  };
  drive();
  const end = (): void => {
    isOver = true;
  };
  return { members, end };
}

test('each round has a time, shortest first', async () => {
  const { members, end } = await group(false);
  const measure = await measureGossip(members, { rounds: 8, answerCount: 3, roundDeadlineMs: 10_000 });
  end();
  assert.equal(measure.roundTripsMs.length, 8);
  assert.equal(measure.lostRounds, 0);
  assert.deepEqual(
    [...measure.roundTripsMs].sort((a, b) => a - b),
    measure.roundTripsMs,
  );
});

test('a round without enough answers is lost', async () => {
  const lossy = await group(true);
  assert.deepEqual(await measureGossip(lossy.members, { rounds: 2, answerCount: 3, roundDeadlineMs: 20 }), {
    roundTripsMs: [],
    lostRounds: 2,
  });
  lossy.end();
  const { members, end } = await group(false);
  const tooMany = await measureGossip(members, { rounds: 1, answerCount: 4, roundDeadlineMs: 10_000 });
  end();
  assert.equal(tooMany.lostRounds, 1);
});
