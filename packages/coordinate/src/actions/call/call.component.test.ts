import assert from 'node:assert/strict';
import { readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { hexOf, NodeFault, storageKey } from '@watchbill/chain';
import {
  addressOfAccount,
  type ChainMetadata,
  callValue,
  encodeCall,
  type Json,
  type RuntimeViews,
  runtimeViews,
  signedExtrinsic,
} from '@watchbill/chain/extrinsics';
import { temporaryFolder } from '@watchbill/kit/testing';
import type { Value } from '../../quorum/messages.ts';
import { bytesOfRecord, recordOfBytes } from '../content.ts';
import type { ActionContext, ActionPlugin } from '../port.ts';
import type { Receipt } from '../receipt.ts';
import { DEVNET, withStaking } from '../testing/devnet.ts';
import { fakeLedger } from '../testing/fake-ledger.ts';
import {
  contextOf,
  fakeDoors,
  fakeRoom,
  itemOf,
  planAt,
  proposedValue,
  testKey,
} from '../testing/fake-members.ts';
import { callAction } from './call.ts';
import { type CallContent, callContent } from './call-content.ts';

const ACCOUNT = addressOfAccount(testKey('payer').publicKey, 42);
const PARAMETERS = { account: ACCOUNT, allowed: ['System.remark', 'Utility.batch'], maxBytes: 200 };
/** With the 10 blocks of the window: an era of 32. */
const VALIDITY = 22n;
const NO_FACTS = new Uint8Array();

/** The metadata of a runtime in which `System` has another index. */
const MOVED: ChainMetadata = {
  ...DEVNET,
  lookup: Object.assign((id: number) => {
    const entry = DEVNET.lookup(id);
    if (id !== DEVNET.callType || entry.type !== 'enum') return entry;
    const { System: system } = entry.value;
    assert.ok(system !== undefined);
    return { ...entry, value: { ...entry.value, System: { ...system, idx: 250 } } };
  }, DEVNET.lookup),
};

function setUp(context: TestContext, parameters: object = PARAMETERS, validity = VALIDITY) {
  const queue = temporaryFolder(context);
  const ledger = fakeLedger();
  ledger.advance(5);
  const plan = planAt(ledger, 4);
  const item = itemOf('call', parameters, validity);
  const settings = { queue, submitKey: 'payer' };
  const member = contextOf(ledger, plan, item, settings);
  /** In a window that begins now. */
  const later = (window = 1n) => contextOf(ledger, planAt(ledger, 4, window), item, settings);
  /** A member without a queue has it included. */
  const land = (action: ActionPlugin, value: Value): Promise<readonly Receipt[]> => {
    const other = contextOf(ledger, plan, item, { submitKey: 'payer' }, plan.submitters[0]);
    return fakeRoom(ledger).carryOut(action, value, other);
  };
  return { queue, ledger, plan, item, settings, member, action: callAction(fakeDoors()), later, land };
}

/** `named`: the pallet and the call, for example `System.remark`. */
function queueFile(queue: string, name: string, named: string, args: Json, atS = 1_000): void {
  const [pallet, call] = named.split('.');
  writeFileSync(join(queue, name), JSON.stringify({ pallet, call, args }));
  utimesSync(join(queue, name), atS, atS);
}

async function drafted(action: ActionPlugin, member: ActionContext): Promise<CallContent> {
  const draft = await action.draft(member);
  assert.ok(draft.kind === 'content', draft.kind === 'nothing' ? draft.why : '');
  const content = recordOfBytes(callContent, draft.content);
  assert.ok(content !== null);
  return content;
}

const proposal = async (action: ActionPlugin, member: ActionContext): Promise<Value> =>
  proposedValue(member, bytesOfRecord(await drafted(action, member)));

function remark(text: string): Uint8Array {
  const written = encodeCall(DEVNET, 'System', 'remark', { remark: hexOf(Buffer.from(text)) });
  assert.ok(written.result === 'bytes');
  return written.bytes;
}

test('the oldest call of the queue is drafted, and members find it valid', async (context) => {
  const { queue, member, action } = setUp(context);
  queueFile(queue, 'b.json', 'System.remark', { remark: '0x02' }, 2_000);
  queueFile(queue, 'a.json', 'System.remark', { remark: '0x03' }, 3_000);
  writeFileSync(join(queue, 'notes.txt'), 'no call');
  const content = await drafted(action, member);
  assert.deepEqual(content, {
    call: '0x00000402',
    account: hexOf(testKey('payer').publicKey),
    nonce: 0,
    specVersion: 1,
    transactionVersion: 1,
    period: 32,
  });
  const value = proposedValue(member, bytesOfRecord(content));
  assert.deepEqual(await action.validate(member, value), { result: 'valid' });
  assert.equal(action.judge(member.item, value, NO_FACTS), null);
  const lines = await action.dryRun(member, value);
  assert.match(
    lines.join('\n'),
    /System\.remark.*"0x02"[\s\S]*may land in blocks 6 to 36[\s\S]*at height 21, as number 4/,
  );
});

test('a leader without a proposal reports the reason', async (context) => {
  const { queue, member, action, item } = setUp(context);
  const why = async (at: ActionContext = member): Promise<string> => {
    const draft = await action.draft(at);
    assert.equal(draft.kind, 'nothing');
    return draft.kind === 'nothing' ? draft.why : '';
  };
  assert.match(await why({ ...member, settings: '{}' }), /no queue/);
  assert.match(await why(), /empty/);
  queueFile(queue, 'a.json', 'System.remark', { remark: 7 });
  assert.match(await why(), /a\.json.*System\.remark\.remark must be hex/);
  writeFileSync(join(queue, 'a.json'), '{"pallet":"System"}');
  assert.match(await why(), /call: /);
  queueFile(queue, 'a.json', 'System.remark', { remark: `0x${'00'.repeat(300)}` });
  assert.match(await why(), /too-large/);
  queueFile(queue, 'a.json', 'Balances.transfer_all', { dest: ACCOUNT, keep_alive: false });
  assert.match(await why(), /not-allowed.*Balances\.transfer_all/);
  rmSync(join(queue, 'a.json'));
  writeFileSync(join(queue, 'b.hex'), '0x0000040200');
  assert.match(await why(), /trailing-bytes/);
  writeFileSync(join(queue, 'b.hex'), '0x00000402');
  assert.match(await why({ ...member, item: { ...item, validityBlocks: 5n } }), /no era fits/);
});

test('each way in which a content is wrong has its code, and facts that convict it offline', async (context) => {
  const { queue, member, action, item } = setUp(context);
  queueFile(queue, 'a.json', 'System.remark', { remark: '0x02' });
  const good = await drafted(action, member);
  const batch = encodeCall(DEVNET, 'Utility', 'batch', {
    calls: [callValue('System', 'remark', { remark: '0x' }), callValue('Sudo', 'remove_key', null)],
  });
  assert.ok(batch.result === 'bytes');
  const cases: readonly (readonly [string, Partial<CallContent>, 'offline' | 'facts'])[] = [
    ['wrong-account', { account: hexOf(testKey('thief').publicKey) }, 'offline'],
    ['too-large', { call: hexOf(remark('x'.repeat(300))) }, 'offline'],
    ['other-runtime', { specVersion: 2 }, 'facts'],
    ['other-runtime', { transactionVersion: 2 }, 'facts'],
    ['undecodable', { call: '0xff00' }, 'facts'],
    ['trailing-bytes', { call: '0x0000040200' }, 'facts'],
    ['not-allowed', { call: hexOf(batch.bytes) }, 'facts'],
    ['wrong-nonce', { nonce: 1 }, 'facts'],
    ['era-too-long', { period: 64 }, 'facts'],
    ['era-too-short', { period: 8 }, 'facts'],
  ];
  for (const [code, change, by] of cases) {
    const value = proposedValue(member, bytesOfRecord({ ...good, ...change }));
    const answer = await action.validate(member, value);
    assert.ok(answer.result === 'refused', code);
    assert.equal(answer.code, code);
    assert.equal(action.judge(item, value, NO_FACTS), by === 'offline' ? code : null, code);
    if (by === 'facts') {
      assert.equal(action.judge(item, value, answer.facts), code);
      const honest = proposedValue(member, bytesOfRecord(good));
      // Facts are signed together with the digest of the proposal, so these speak of no other content.
      const isSaid = ['undecodable', 'trailing-bytes', 'not-allowed'].includes(code);
      assert.equal(
        action.judge(item, honest, answer.facts),
        isSaid ? code : null,
        `${code} convicts a good content`,
      );
    }
  }
});

test('malformed contents, other validities and hostile bytes are refused; nothing throws', async (context) => {
  const { member, action, item, queue } = setUp(context);
  queueFile(queue, 'a.json', 'System.remark', { remark: '0x02' });
  const good = bytesOfRecord(await drafted(action, member));
  const text = Buffer.from(good).toString();
  const wrong = [
    '',
    '{}',
    'null',
    '[]',
    ` ${text}`,
    text.replace('"period":32', '"period":33'),
    `${text}\u0000`,
  ];
  for (const each of [...wrong, text.replace('{', '{"more":1,')]) {
    const value = proposedValue(member, Buffer.from(each));
    assert.equal(action.judge(item, value, Uint8Array.of(255)), 'malformed', each);
    assert.equal((await action.validate(member, value)).result, 'refused');
    assert.equal(action.describe(value), 'a call that cannot be read');
    assert.equal((await action.dryRun(member, value)).length, 1);
  }
  const longer = { ...proposedValue(member, good), validityBlocks: 1_000n };
  assert.equal(action.judge(item, longer, NO_FACTS), 'other-validity');
  assert.equal(action.judge(item, proposedValue(member, good), Buffer.from('{"code":"wrong-nonce"}')), null);
});

test('if the node does not answer, the judgement is unknown', async (context) => {
  const { member, action, ledger, queue } = setUp(context);
  queueFile(queue, 'a.json', 'System.remark', { remark: '0x02' });
  const value = await proposal(action, member);
  ledger.silent = true;
  const answer = await action.validate(member, value);
  assert.ok(answer.result === 'unknown');
  assert.match(answer.why, /^timeout: /);
  await assert.rejects(action.draft(member), { code: 'timeout' });
});

test('four submitters with one key: the chain has it once, in the order of the plan, and queues are settled', async (context) => {
  const { member, action, ledger, plan, item, queue, settings } = setUp(context);
  queueFile(queue, 'a.json', 'System.remark', { remark: '0x02' });
  queueFile(queue, 'z.json', 'System.remark', { remark: '0x02' }, 9_000);
  const value = await proposal(action, member);
  const seats = plan.submitters.map((seat) =>
    contextOf(ledger, plan, item, { ...settings, queue: undefined }, seat),
  );
  const withQueue = { ...seats[0], ...contextOf(ledger, plan, item, settings, plan.submitters[0]) };
  const contexts = [withQueue, ...seats.slice(1)];
  const receipts = await fakeRoom(ledger).carryOut(action, value, ...contexts);
  assert.deepEqual(
    receipts.map(({ result }) => result),
    ['done', 'done-by-another', 'done-by-another', 'done-by-another'],
  );
  assert.deepEqual(ledger.submissions, ['accepted'], 'the others saw it in time');
  const [landed, ...more] = ledger.landed();
  assert.deepEqual(more, []);
  assert.equal(landed?.height, plan.window.end + 1n);
  assert.equal(receipts[3]?.extrinsic?.height, landed?.height);
  assert.deepEqual(
    readdirSync(queue).toSorted(),
    ['done', 'drafted.record', 'records.lock', 'z.json'],
    'one entry for one call',
  );
  assert.deepEqual(readdirSync(join(queue, 'done')), ['a.json']);
});

test('the first submitter is silent, so the second submits at its stage; a restart looks before it submits', async (context) => {
  const { member, action, ledger, plan, item, queue, settings } = setUp(context);
  queueFile(queue, 'a.json', 'System.remark', { remark: '0x02' });
  const value = await proposal(action, member);
  const second = contextOf(ledger, plan, item, { submitKey: 'payer' }, plan.submitters[1]);
  const room = fakeRoom(ledger);
  const [receipt] = await room.carryOut(action, value, second);
  assert.equal(receipt?.result, 'done');
  assert.equal(ledger.landed()[0]?.height, plan.window.end + plan.version.stageBlocks + 1n);
  const again = contextOf(ledger, plan, item, settings, plan.submitters[0]);
  const [later] = await room.carryOut(action, value, again);
  assert.equal(later?.result, 'done-by-another');
  assert.equal(ledger.submissions.length, 1);
});

test('a call that landed while its operator was away is not drafted again; one that did not land is', async (context) => {
  const { action, ledger, queue, member, later, land } = setUp(context);
  queueFile(queue, 'a.json', 'System.remark', { remark: '0x02' });
  queueFile(queue, 'twin.json', 'System.remark', { remark: '0x02' }, 2_000);
  const content = await drafted(action, member);
  ledger.advance();
  assert.equal((await drafted(action, later())).nonce, 0, 'its nonce is free: only one of the two can land');
  const value = proposedValue(member, bytesOfRecord(content));
  await land(action, value);
  assert.deepEqual(readdirSync(queue).toSorted(), ['a.json', 'drafted.record', 'records.lock', 'twin.json']);
  const next = await drafted(action, later());
  assert.deepEqual([next.nonce, next.call], [1, content.call], 'the twin is another wish');
  assert.deepEqual(readdirSync(queue).toSorted(), ['done', 'drafted.record', 'records.lock', 'twin.json']);
});

test('a file whose call landed is done, also if a later runtime gives it other bytes', async (context) => {
  for (const isFollowed of [false, true]) await landedBeforeUpgrade(context, isFollowed);
});

/** `isFollowed`: the member follows the execution when the node has the state of the later runtime alone. */
async function landedBeforeUpgrade(context: TestContext, isFollowed: boolean): Promise<void> {
  const { ledger, plan, queue, member, later, land } = setUp(context);
  const views = runtimeViews();
  let upgradedAt = 1_000n;
  const upgraded: RuntimeViews = {
    at: async (node, block) => {
      if (upgradedAt < 1_000n && block === hexOf(plan.referenceHash))
        throw new NodeFault('refused', 'pruned', { rpcCode: 4003 });
      const view = await views.at(node, block);
      return block === ledger.hashAt(upgradedAt) ? { ...view, metadata: MOVED } : view;
    },
  };
  const action = callAction(fakeDoors({ views: upgraded }));
  queueFile(queue, 'a.json', 'System.remark', { remark: '0x02' });
  const value = await proposal(action, member);
  await land(action, value);
  ledger.advance();
  upgradedAt = ledger.height();
  if (isFollowed) await fakeRoom(ledger).carryOut(action, value, member);
  const draft = await action.draft(later());
  assert.equal(draft.kind === 'nothing' ? draft.why : 'proposed again', 'the queue is empty');
  assert.deepEqual(readdirSync(join(queue, 'done')), ['a.json']);
}

test('a draft is remembered until its nonce is used, also if another file comes first', async (context) => {
  const { action, queue, member, later, land } = setUp(context);
  queueFile(queue, 'a.json', 'System.remark', { remark: '0x0a' }, 2_000);
  const value = await proposal(action, member);
  queueFile(queue, 'b.json', 'System.remark', { remark: '0x0b' }, 1_000);
  assert.equal((await drafted(action, later())).call, '0x0000040b');
  await land(action, value);
  const next = await drafted(action, later());
  assert.deepEqual([next.call, next.nonce], ['0x0000040b', 1]);
  assert.deepEqual(readdirSync(join(queue, 'done')), ['a.json']);
});

test('a leader proposes no call that its own file does not approve any more', async (context) => {
  const { queue, ledger, member, action, later } = setUp(context);
  const why = async (at: ActionContext): Promise<string> => {
    const draft = await action.draft(at);
    return draft.kind === 'nothing' ? draft.why : 'proposed';
  };
  const text = { pallet: 'System', call: 'remark', args: { remark: '0x02' } };
  writeFileSync(join(queue, 'a.json'), JSON.stringify({ ...text, lastBlock: 5 }));
  assert.equal(await why(member), 'proposed');
  ledger.advance();
  const next = later(2n);
  assert.match(await why(next), /a\.json.*up to block 5 only/);
  writeFileSync(join(queue, 'a.json'), JSON.stringify(text));
  assert.equal(await why(next), 'proposed');
  const account = addressOfAccount(testKey('other').publicKey, 42);
  const other = itemOf('call', { ...PARAMETERS, account }, VALIDITY);
  assert.match(await why({ ...next, item: other }), /a\.json.*was used for another account/);
});

test('a node that has dropped old states still shows what became of a draft', async (context) => {
  const { queue, ledger, member, later, land } = setUp(context);
  const views = runtimeViews();
  let oldest = 0n;
  const pruned: RuntimeViews = {
    at: (node, block) => {
      const height = Array.from({ length: Number(ledger.height()) + 1 }, (_, at) =>
        ledger.hashAt(BigInt(at)),
      );
      if (height.indexOf(block) < oldest)
        throw new NodeFault('refused', 'State already discarded', { rpcCode: 4003 });
      return views.at(node, block);
    },
  };
  const action = callAction(fakeDoors({ views: pruned }));
  queueFile(queue, 'a.json', 'System.remark', { remark: '0x0a' }, 2_000);
  const value = await proposal(action, member);
  queueFile(queue, 'b.json', 'System.remark', { remark: '0x0b' }, 1_000);
  await drafted(action, later());
  await land(action, value);
  ledger.advance(300);
  oldest = ledger.height();
  const next = await drafted(action, later());
  assert.deepEqual([next.call, next.nonce], ['0x0000040b', 1]);
  assert.deepEqual(readdirSync(join(queue, 'done')), ['a.json']);
});

test('a call in a block that the node has not fetched yet is not proposed again', async (context) => {
  const { queue, ledger, member, action, later, land } = setUp(context);
  queueFile(queue, 'a.json', 'System.remark', { remark: '0x02' });
  const value = await proposal(action, member);
  const [receipt] = await land(action, value);
  const at = Number(receipt?.extrinsic?.height);
  ledger.advance();
  const hashAt = ([height]: readonly unknown[]) =>
    Number(height) <= Number(ledger.height()) ? ledger.hashAt(BigInt(Number(height))) : null;
  ledger.answers.set('chain_getBlockHash', ([height]) => (height === at ? null : hashAt([height])));
  const next = later(2n);
  await assert.rejects(action.draft(next), new RegExp(`the node has no block ${at};`));
  const [watched] = await fakeRoom(ledger).carryOut(action, value, member);
  assert.equal(watched?.result, 'expired', 'not: another extrinsic used the nonce');
  ledger.answers.delete('chain_getBlockHash');
  const draft = await action.draft(next);
  assert.match(draft.kind === 'nothing' ? draft.why : '', /queue is empty/);
  assert.deepEqual(readdirSync(join(queue, 'done')), ['a.json']);
});

test('a node that has dropped the state of the reference block still submits; a new runtime ends it', async (context) => {
  const { action, ledger, plan, item, queue, member, settings } = setUp(context);
  queueFile(queue, 'a.json', 'System.remark', { remark: '0x0a' });
  const value = await proposal(action, member);
  let specVersion = 2;
  ledger.answers.set('state_getRuntimeVersion', ([block]) => {
    if (block === hexOf(plan.referenceHash))
      throw new NodeFault('refused', 'State already discarded', { rpcCode: 4003 });
    return { specName: 'fake', specVersion, transactionVersion: 1 };
  });
  const at = contextOf(ledger, plan, item, settings, plan.submitters[0]);
  const upgraded = fakeRoom(ledger);
  const [old] = await upgraded.carryOut(action, value, at);
  assert.equal(old?.result, 'expired');
  assert.match(upgraded.notes[0]?.receipt.text ?? '', /^other-runtime: the runtime is 2 now/);
  specVersion = 1;
  const plans = planAt(ledger, 4);
  const fresh = proposedValue(
    member,
    bytesOfRecord(await drafted(action, contextOf(ledger, plans, item, settings))),
  );
  ledger.answers.set('state_getRuntimeVersion', ([block]) => {
    if (block === hexOf(plans.referenceHash))
      throw new NodeFault('refused', 'State already discarded', { rpcCode: 4003 });
    return { specName: 'fake', specVersion, transactionVersion: 1 };
  });
  const next = contextOf(ledger, plans, item, settings, plans.submitters[0]);
  const [receipt] = await fakeRoom(ledger).carryOut(action, fresh, next);
  assert.equal(receipt?.result, 'done');
});

test('a node that is behind its clock does not decide about the blocks that it lacks', async (context) => {
  const { action, ledger, plan, item, queue, member } = setUp(context);
  queueFile(queue, 'a.json', 'System.remark', { remark: '0x02' });
  const value = await proposal(action, member);
  ledger.answers.set('chain_getBlockHash', () => null);
  const at = contextOf(ledger, plan, item, { submitKey: 'payer' }, plan.submitters[0]);
  const [receipt] = await fakeRoom(ledger).carryOut(action, value, at);
  assert.equal(receipt?.result, 'expired');
  assert.match(receipt?.text ?? '', /up to height 5;/);
  assert.deepEqual(ledger.submissions, []);
});

test('another extrinsic with the nonce, a failed dispatch, the end of the era, and keys that do not fit', async (context) => {
  const run = async (prepare: (set: ReturnType<typeof setUp>) => object | undefined, file = true) => {
    const set = setUp(context);
    if (file) queueFile(set.queue, 'a.json', 'System.remark', { remark: '0x02' });
    const value = await proposal(set.action, set.member);
    const settings = prepare(set) ?? set.settings;
    const room = fakeRoom(set.ledger);
    const at = contextOf(set.ledger, set.plan, set.item, settings, set.plan.submitters[0]);
    const [receipt] = await room.carryOut(set.action, value, at);
    return { receipt, notes: room.notes.map((note) => note.receipt.text), set };
  };

  const failing = await run(({ ledger }) => {
    ledger.failing = true;
    return undefined;
  });
  assert.equal(failing.receipt?.result, 'failed');
  assert.match(
    failing.receipt?.text ?? '',
    /System\.remark is included and failed: Session\.\w+; a\.json is off the queue/,
  );
  assert.deepEqual(readdirSync(join(failing.set.queue, 'failed')), ['a.json']);

  const other = await run(({ ledger, plan, member }) => {
    const call = remark('other');
    const foreign = signedExtrinsic({
      metadata: DEVNET,
      signer: testKey('payer'),
      call,
      nonce: 0,
      tip: 0n,
      era: { birth: plan.window.block, period: 64 },
      birthHash: ledger.hashAt(plan.window.block),
      genesis: ledger.hashAt(0n),
      specVersion: 1,
      transactionVersion: 1,
    });
    assert.ok(foreign.result === 'signed');
    void member.node.call('author_submitExtrinsic', [hexOf(foreign.bytes)]);
    return undefined;
  });
  assert.equal(other.receipt?.result, 'failed');
  assert.match(other.receipt?.text ?? '', /nonce 0 of the account was used by another extrinsic: 0x/);
  assert.deepEqual(
    readdirSync(other.set.queue),
    ['a.json', 'drafted.record', 'records.lock'],
    'it is proposed again',
  );

  const foreign = await run(() => ({ submitKey: 'thief' }));
  assert.equal(foreign.receipt?.result, 'expired');
  assert.match(foreign.notes.join(), /wrong-account.*only watches/);
  assert.match(foreign.receipt?.text ?? '', /up to height 37/);

  const watcher = await run(() => ({}));
  assert.deepEqual([watcher.receipt?.result, watcher.notes], ['expired', []]);
});

test('problems in parameters and settings are reported', (context) => {
  const { action } = setUp(context);
  const said = (parameters: object): string | null => action.parametersProblem(JSON.stringify(parameters));
  assert.equal(said(PARAMETERS), null);
  assert.match(said({ ...PARAMETERS, account: 'x' }) ?? '', /account: must be an SS58 address/);
  assert.match(said({ ...PARAMETERS, allowed: ['*'] }) ?? '', /allowed\.0: must be Pallet\.call/);
  assert.match(said({ ...PARAMETERS, maxBytes: 1e6 }) ?? '', /maxBytes/);
  assert.match(said({ ...PARAMETERS, tip: 5 }) ?? '', /tip/);
  assert.equal(action.settingsProblem('{}'), null);
  assert.match(action.settingsProblem('{"queue":""}') ?? '', /queue/);
  assert.match(action.settingsProblem('no json') ?? '', /./);
});

test('a stash as the account is refused by every member, and its key is not used', async (context) => {
  const { member, action, ledger, queue, plan } = setUp(context);
  queueFile(queue, 'a.json', 'System.remark', { remark: '0x02' });
  const value = await proposal(action, member);
  const view = { specName: 'fake', specVersion: 1, transactionVersion: 1, metadata: withStaking() };
  const strict = callAction(fakeDoors({ views: { at: async () => view } }));
  const bonded = storageKey('Staking', 'Bonded');
  ledger.answers.set('state_getStorage', ([key]) =>
    String(key).startsWith(bonded) ? hexOf(testKey('any').publicKey) : null,
  );
  const answer = await strict.validate(member, value);
  assert.ok(answer.result === 'refused');
  assert.deepEqual([answer.code, answer.facts.length], ['stash-key-refused', 0]);
  assert.match(answer.detail, /proxy/);
  const draft = await strict.draft(member);
  assert.match(draft.kind === 'nothing' ? draft.why : '', /stash-key-refused/);
  const room = fakeRoom(ledger);
  const [receipt] = await room.carryOut(strict, value, { ...member, plan });
  assert.equal(receipt?.result, 'expired');
  assert.match(room.notes[0]?.receipt.text ?? '', /stash-key-refused/);
  assert.deepEqual(ledger.submissions, []);
  ledger.answers.set('state_getStorage', () => null);
  assert.deepEqual(await strict.validate(member, value), { result: 'valid' }, 'no stash, no refusal');
});
