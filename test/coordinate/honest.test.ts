// Four processes of honest members: no proof of a fault, and a clean stop.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { leaveNothing } from '../support/leave-nothing.ts';
import { type Desk, makeDesk, NAMES } from './demo-group.ts';

leaveNothing('honest');

const LIMIT = { timeout: 180_000 };

let desk: Desk;

before(async () => {
  desk = await makeDesk({ blockMs: 150 });
  await desk.chain();
}, LIMIT);

after(() => desk.close());

test('four processes agree, prove no fault, and stop cleanly', LIMIT, async () => {
  const members = NAMES.map((name) => desk.member(name));
  const receipts = await Promise.all(
    members.map((member) => member.until(({ event, result }) => event === 'receipt' && result === 'done')),
  );
  for (const { text } of receipts) assert.match(text, /heartbeat done: drill: signed by/);
  const ended = await Promise.all(members.map((member) => member.kill('SIGTERM')));
  assert.deepEqual(
    ended.map(({ code }) => code),
    [0, 0, 0, 0],
  );
  // On a busy machine a leader may be silent for a rank; nothing else may be seen of honest members.
  const proven = members.flatMap(({ lines }) =>
    lines.filter(({ event, kind }) => event === 'fault' && kind !== 'idleness'),
  );
  assert.deepEqual(proven, []);
});
