import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { NodeRpc } from '@watchbill/chain';
import { temporaryFolder } from '@watchbill/kit/testing';
import { handOverContent } from '../../quorum/hand-over.ts';
import { MAX_BLOCKS } from '../../quorum/limits.ts';
import { groupOf, planOf } from '../../quorum/testing/fake-group.ts';
import type { ActionContext } from '../port.ts';
import { itemOf } from '../testing/fake-members.ts';
import { handOverAction } from './hand-over.ts';

const NODE = {} as NodeRpc;
const CONTENT = handOverContent({ ...groupOf(5), name: 'new' });

test('a member signs the hand-over that its operator approved, and no other', async (context) => {
  const folder = temporaryFolder(context);
  const successor = join(folder, 'successor.json');
  const plan = planOf(groupOf(4));
  const item = itemOf('hand-over', {}, MAX_BLOCKS);
  const { signal } = new AbortController();
  const settings = JSON.stringify({ successor });
  const here: ActionContext = { plan, item, seat: 0, node: NODE, settings, signal };
  const valueWith = (content: Uint8Array, validityBlocks = MAX_BLOCKS) => {
    const { referenceHash, group } = plan;
    return { action: 'hand-over', resource: group.resource, validityBlocks, referenceHash, content };
  };
  const action = handOverAction();
  const codeOf = async (content: Uint8Array, validityBlocks?: bigint) => {
    const answer = await action.validate(here, valueWith(content, validityBlocks));
    return answer.result === 'refused' ? answer.code : answer.result;
  };

  assert.equal((await action.draft(here)).kind, 'nothing');
  assert.equal(await codeOf(CONTENT), 'not-approved');
  writeFileSync(successor, CONTENT);
  assert.deepEqual(await action.draft(here), { kind: 'content', content: CONTENT });
  assert.equal(await codeOf(CONTENT), 'valid');
  assert.equal(await codeOf(handOverContent({ ...groupOf(5), name: 'third' })), 'not-approved');
  assert.equal(await codeOf(CONTENT, 40n), 'other-validity');
  assert.equal(await codeOf(Buffer.from('{"group":"0x12","name":"new"}')), 'malformed');
  assert.equal(await codeOf(Buffer.from(`${Buffer.from(CONTENT)} `)), 'malformed');

  writeFileSync(successor, '{"group"');
  assert.equal(await codeOf(CONTENT), 'unknown');
  await assert.rejects(
    action.draft(here),
    /is not an approved hand-over; run `coordinate group hand-over` again/,
  );
});
