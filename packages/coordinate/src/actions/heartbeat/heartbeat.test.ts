import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { fakeLedger } from '../fake-ledger.ts';
import { contextOf, fakeRoom, itemOf, planAt, proposedValue } from '../fake-members.ts';
import type { ActionPlugin } from '../port.ts';
import { absencesInFile, afterDrill } from './absences.ts';
import { drillNonce, heartbeatAction } from './heartbeat.ts';

const ITEM = itemOf('heartbeat', { waitBlocks: 3 }, 10n);

function member(seat: number, index = 1n, settings: object = {}) {
  const ledger = fakeLedger();
  return { ledger, context: contextOf(ledger, planAt(ledger, 4, index), ITEM, settings, seat) };
}

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

async function drill(action: ActionPlugin, index: bigint, present: readonly number[], settings: object = {}) {
  const { ledger, context } = member(0, index, settings);
  const room = fakeRoom(ledger);
  const value = proposedValue(context, drillNonce(context.plan));
  const [receipt] = await room.until([action.execute(room.execution(context, value, present), value)]);
  return { receipt, notes: room.notes.map((note) => note.receipt.text), told: room.told };
}

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

test('everybody is there: the drill is over at once', async () => {
  const { receipt } = await drill(heartbeatAction(), 1n, [0, 1, 2, 3]);
  assert.equal(receipt?.text, 'drill: signed by m0, m1, m2, m3; heard from nobody; absent nobody');
});

test('with a file, the count outlives the process; a damaged file counts as none', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-drill-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const settings = { absencesFile: join(folder, 'deep', 'absences.json') };
  for (const index of [1n, 2n]) await drill(heartbeatAction(), index, [1, 2], settings);
  assert.deepEqual((await drill(heartbeatAction(), 3n, [1, 2], settings)).notes.length, 1);
  writeFileSync(settings.absencesFile, '{"group"');
  assert.equal(await absencesInFile(settings.absencesFile).load(), null);
  assert.deepEqual((await drill(heartbeatAction(), 4n, [1, 2], settings)).notes, []);
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
