// Four processes of honest members: no proof of a fault, and a clean stop.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { type DemoGroup, makeDemoGroup, NAMES } from './demo-group.ts';

leaveNothing('honest');

const LIMIT = { timeout: 180_000 };

let demo: DemoGroup;

before(async () => {
  demo = await makeDemoGroup();
  await demo.chain();
}, LIMIT);

after(() => demo.close());

test('four processes agree, prove no fault, and stop cleanly', LIMIT, async () => {
  const members = NAMES.map((name) => demo.member(name));
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
