import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { proposedValue } from '../testing/fake-members.ts';
import { afterDrill } from './absences.ts';
import { drillNonce, heartbeatAction } from './heartbeat.ts';
import { drill, ITEM, member } from './testing/fake-drill.ts';

test('a drill is the nonce that each member derives; anything else is refused', async () => {
  const action = heartbeatAction();
  const { context } = member(0);
  const draft = await action.draft(context);
  assert.ok(draft.kind === 'content');
  const value = proposedValue(context, draft.content);
  assert.deepEqual(await action.validate(member(3).context, value), { result: 'valid' });
  assert.equal(action.judge(ITEM, value, new Uint8Array()), null);
  assert.match(action.describe(value), /^drill [0-9a-f]{64}$/);
  const other = proposedValue(context, drillNonce(member(0, 2n).context.plan));
  const answer = await action.validate(context, other);
  assert.ok(answer.result === 'refused');
  assert.equal(answer.code, 'wrong-nonce-of-drill');
  assert.equal(action.judge(ITEM, { ...value, validityBlocks: 9n }, new Uint8Array()), 'other-validity');
  assert.match((await action.dryRun(context, other)).join(), /is NOT the one/);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (content) => {
      assert.equal(typeof action.describe(proposedValue(context, content)), 'string');
      const verdict = action.judge(ITEM, proposedValue(context, content), content);
      assert.equal(verdict, content.length === 32 ? null : 'malformed');
    }),
  );
});

test('the receipt names who signed, who was heard and who was absent; three drills in a row are noted', async () => {
  const action = heartbeatAction();
  const first = await drill(action, 1n, [1, 2]);
  assert.equal(first.receipt?.text, 'drill: signed by m1, m2; heard from m0; absent m3');
  assert.deepEqual([first.notes, first.told[0]?.status], [[], 'alive']);
  assert.deepEqual((await drill(action, 1n, [1, 2])).notes, [], 'the same drill after a restart');
  assert.deepEqual((await drill(action, 2n, [1, 2])).notes, []);
  assert.deepEqual((await drill(action, 3n, [1, 2])).notes, ['m3 was absent from 3 drills in a row']);
  assert.deepEqual((await drill(action, 4n, [1, 2, 3])).notes, []);
  assert.deepEqual((await drill(action, 5n, [1, 2])).notes, [], 'it counts anew');
});

test('all members are there: the drill ends at once', async () => {
  const { receipt } = await drill(heartbeatAction(), 1n, [0, 1, 2, 3]);
  assert.equal(receipt?.text, 'drill: signed by m0, m1, m2, m3; heard from none; absent none');
});

test('the count of another group, or of another size, begins anew', () => {
  const before = { group: 'a', window: 1n, inRow: [2, 2] };
  const at = { window: 2n, present: new Set([0]), seats: 2 };
  assert.deepEqual(afterDrill(before, { ...at, group: 'a' }).inRow, [0, 3]);
  assert.deepEqual(afterDrill(before, { ...at, group: 'b' }).inRow, [0, 1]);
  assert.deepEqual(afterDrill(before, { ...at, group: 'a', seats: 3 }).inRow, [0, 1, 1]);
});

test('parameters and settings', () => {
  const action = heartbeatAction();
  assert.equal(action.parametersProblem('{}'), null);
  assert.match(action.parametersProblem('{"waitBlocks":-1}') ?? '', /waitBlocks/);
  assert.match(action.parametersProblem('{"wait":1}') ?? '', /wait/);
  assert.equal(action.settingsProblem('{}'), null);
});
