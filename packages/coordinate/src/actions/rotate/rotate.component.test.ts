import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { hexOf } from '@watchbill/chain';
import { addressOfAccount } from '@watchbill/chain/extrinsics';
import { field } from '@watchbill/kit/testing';
import fc from 'fast-check';
import { bytesOfRecord } from '../content.ts';
import { withStaking } from '../testing/devnet.ts';
import type { FakeLedger } from '../testing/fake-ledger.ts';
import {
  contextOf,
  fakeDoors,
  fakeRoom,
  itemOf,
  planAt,
  proposedValue,
  testKey,
} from '../testing/fake-members.ts';
import { madeKeys } from './made-keys.ts';
import { rotateAction } from './rotate.ts';
import { keysDigest } from './rotate-content.ts';
import { draftedBy, firstOf, keysOf, SESSION_BLOCKS, setUp } from './testing/fake-rotation.ts';

const NO_FACTS = new Uint8Array();

test('the content is derived; each wrong one has its code and its facts', async (context) => {
  const set = setUp(context);
  const action = rotateAction(set.doors);
  const { content, value } = await draftedBy(set);
  assert.deepEqual(content.order, [2, 1, 0]);
  assert.deepEqual(content.before, [
    null,
    keysDigest(Buffer.from(keysOf('old 0'), 'hex')),
    keysDigest(Buffer.from(keysOf('old 1'), 'hex')),
  ]);
  for (const member of set.contexts)
    assert.deepEqual(await action.validate(member, value), { result: 'valid' });
  assert.match(
    (await action.dryRun(firstOf(set.contexts), value)).join('\n'),
    /m2, m1, m0[\s\S]*number 3[\s\S]*by itself/,
  );
  const cases = [
    ['wrong-order', { order: [0, 1, 2] }, false],
    ['wrong-session', { session: 5 }, true],
    ['wrong-keys', { before: [null, null, null] }, true],
  ] as const;
  for (const [code, change, isProvable] of cases) {
    const wrong = proposedValue(firstOf(set.contexts), bytesOfRecord({ ...content, ...change }));
    const answer = await action.validate(firstOf(set.contexts), wrong);
    assert.ok(answer.result === 'refused');
    assert.equal(answer.code, code);
    assert.equal(action.judge(set.item, wrong, NO_FACTS), null);
    assert.equal(action.judge(set.item, wrong, answer.facts), isProvable ? code : null);
    assert.equal(action.judge(set.item, value, answer.facts), null, 'no good content is convicted');
  }
});

test('never two members in one session, in the order of the plan, and each only with its keys on chain', async (context) => {
  const set = setUp(context);
  const { ledger, contexts, plan } = set;
  const action = rotateAction(set.doors);
  const { value } = await draftedBy(set);
  const room = fakeRoom(ledger);
  const receipts = await room.carryOut(action, value, ...contexts);
  assert.deepEqual(receipts.map(field('result')), ['done', 'done', 'done']);
  const landed = ledger.landed();
  const sessions = landed.map(({ height }) => height / SESSION_BLOCKS);
  assert.equal(new Set(sessions).size, 3, `sessions ${sessions.join()}`);
  assert.deepEqual(set.made, ['validator 2', 'validator 1', 'validator 0']);
  const words = room.told.map(({ seat, status }) => `${seat} ${status}`);
  assert.deepEqual(words, ['2 generated', '2 done', '1 generated', '1 done', '0 generated', '0 done']);
  assert.ok(receipts.every(({ extrinsic }) => extrinsic !== null));
  assert.ok((landed[0]?.height ?? 0n) > plan.window.end, 'not before the lease');
  const before = plan.window.end / SESSION_BLOCKS;
  assert.ok((sessions[0] ?? 0n) > before, 'the rotation before may have ended in the session of the start');
});

test('a member that only reports `done` delays the others: only the chain counts', async (context) => {
  const set = setUp(context, { members: 2, validity: 60n });
  const action = rotateAction(set.doors);
  const { value } = await draftedBy(set);
  const room = fakeRoom(set.ledger);
  const [waiting, byzantine] = set.contexts;
  assert.ok(waiting !== undefined && byzantine !== undefined);
  await room.execution(byzantine, value).report('done', 'believe me');
  const [receipt] = await room.carryOut(action, value, waiting);
  assert.equal(receipt?.result, 'expired');
  assert.match(receipt?.text ?? '', /waits for its turn/);
  assert.deepEqual([set.made, set.ledger.landed()], [[], []]);
});

test('after a crash the keys that were made are set, and not others', async (context) => {
  const set = setUp(context, { members: 1 });
  const action = rotateAction(set.doors);
  const member = firstOf(set.contexts);
  const { value } = await draftedBy(set, member);
  const { keysFile } = JSON.parse(member.settings) as { keysFile: string };
  set.ledger.answers.set('author_submitExtrinsic', () => {
    throw new Error('the machine is gone');
  });
  // The submission is answered with a fault, and the lease goes by.
  const [lost] = await fakeRoom(set.ledger).carryOut(action, value, member);
  assert.notEqual(lost?.result, 'done');
  assert.deepEqual([set.made.length, existsSync(keysFile)], [1, true]);
  set.ledger.answers.clear();
  const again = { ...member, item: { ...member.item, validityBlocks: 1_000n } };
  const room = fakeRoom(set.ledger);
  const [receipt] = await room.carryOut(action, value, again);
  assert.deepEqual([receipt?.result, set.made.length, existsSync(keysFile)], ['done', 1, false]);
  const [told] = await room.carryOut(action, value, again);
  assert.deepEqual([told?.result, set.ledger.landed().length], ['done', 1]);
});

test('keys that were set by an earlier rotation are not taken for new ones', async (context) => {
  const set = setUp(context, { members: 1 });
  const member = firstOf(set.contexts);
  const owner = testKey('validator 0').publicKey;
  const { keysFile } = JSON.parse(member.settings) as { keysFile: string };
  const { keys } = await set.doors
    .connect('validator 0')
    .call<{ keys: string }>('author_rotateKeysWithOwner');
  set.ledger.setKeys(hexOf(owner), keys.slice(2));
  const stale = { keys: Buffer.from(keys.slice(2), 'hex'), proof: new Uint8Array() };
  await madeKeys(keysFile).keep(owner, stale);
  const plan = planAt(set.ledger, 1);
  const later = contextOf(set.ledger, plan, set.item, JSON.parse(member.settings));
  const { value } = await draftedBy(set, later);
  const [receipt] = await fakeRoom(set.ledger).carryOut(rotateAction(set.doors), value, later);
  assert.deepEqual([receipt?.result, set.made.length, set.ledger.landed().length], ['done', 2, 1]);
});

test('keys that were changed by hand in between are left unchanged', async (context) => {
  const set = setUp(context, { members: 1 });
  const member = firstOf(set.contexts);
  const { value } = await draftedBy(set, member);
  set.ledger.setKeys(hexOf(testKey('validator 0').publicKey), keysOf('by hand'));
  const [receipt] = await fakeRoom(set.ledger).carryOut(rotateAction(set.doors), value, member);
  assert.deepEqual([receipt?.result, set.made], ['done', []]);
});

test('an extrinsic that fails is reported, and halts the ones after it', async (context) => {
  const set = setUp(context, { members: 2, validity: 60n });
  set.ledger.failing = true;
  const { value } = await draftedBy(set);
  const action = rotateAction(set.doors);
  const receipts = await fakeRoom(set.ledger).carryOut(action, value, ...set.contexts);
  assert.deepEqual(receipts.map(field('result')), ['expired', 'failed']);
  assert.match(receipts[1]?.text ?? '', /is included and failed: Session\.InvalidProof/);
});

test('a node that is silent for a while delays the rotation only', async (context) => {
  const set = setUp(context, { members: 1 });
  const member = firstOf(set.contexts);
  const { value } = await draftedBy(set, member);
  const silence = (ledger: FakeLedger) => (height: bigint) => {
    ledger.silent = height > 10n && height < 30n;
  };
  const room = fakeRoom(set.ledger, silence(set.ledger));
  set.ledger.silent = true;
  const [receipt] = await room.carryOut(rotateAction(set.doors), value, member);
  assert.equal(receipt?.result, 'done');
});

test('on a chain with staking, a stash does not submit, and each seat needs its validator', async (context) => {
  const set = setUp(context);
  const member = firstOf(set.contexts);
  const { value } = await draftedBy(set);
  const view = { specName: 'fake', specVersion: 1, transactionVersion: 1, metadata: withStaking() };
  const action = rotateAction({ ...set.doors, views: { at: async () => view } });
  set.ledger.answers.set('state_getStorage', () => hexOf(testKey('any').publicKey));
  const answer = await action.validate(member, value);
  assert.ok(answer.result === 'refused');
  assert.deepEqual([answer.code, answer.facts.length], ['stash-key-refused', 0]);
  assert.match(answer.detail, /proxyFor/);
  set.ledger.answers.clear();
  const short = itemOf('rotate', { validators: [addressOfAccount(testKey('x').publicKey, 42)] }, 200n);
  const few = await rotateAction(set.doors).validate({ ...member, item: short }, value);
  assert.equal(few.result === 'refused' ? few.code : few.result, 'wrong-validators');
});

test('hostile contents, parameters and settings', () => {
  const action = rotateAction(fakeDoors());
  const item = itemOf('rotate', { validators: [] }, 60n);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (content) => {
      const value = { action: 'rotate', resource: '', validityBlocks: 60n, referenceHash: NO_FACTS, content };
      assert.equal(action.describe(value), 'a rotation that cannot be read');
      assert.equal(action.judge(item, value, content), 'malformed');
    }),
  );
  const who = addressOfAccount(testKey('x').publicKey, 42);
  const other = addressOfAccount(testKey('x').publicKey, 0);
  assert.equal(action.parametersProblem(JSON.stringify({ validators: [who] })), null);
  assert.match(action.parametersProblem(JSON.stringify({ validators: [who, other] })) ?? '', /twice/);
  assert.match(action.parametersProblem('{"validators":["x"]}') ?? '', /validators\.0/);
  assert.match(action.settingsProblem('{"nodeUrl":"ws://x"}') ?? '', /submitKey/);
});
