// The action `call` with a multisig account on real runtimes: the chain counts the approvals of members.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { bytesOfHex, hexOf } from '@watchbill/chain';
import {
  addressOfAccount,
  encodeCall,
  type Json,
  jsonMember,
  multisigAccount,
  multisigOwners,
  readStorage,
} from '@watchbill/chain/extrinsics';
import type { ActionContext, ExecutionContext } from '@watchbill/coordinate';
import { field } from '@watchbill/kit/testing';
import {
  type Account,
  account,
  type ChainName,
  type ChopsticksChain,
  fund,
  startChopsticks,
  UNIT,
} from '@watchbill/testkit/chopsticks';
import { folder, views } from '@watchbill/testkit/scenario/chain-setup';
import { agreed, contextOf, executeAll, itemOf, planNow, pluginOf } from '../chain/members.ts';

type Value = ExecutionContext['certificate']['value'];

/** Seat 0 is the thief. */
const MEMBERS = ['thief', 'bravo', 'carol', 'dave'].map((name) => account(`multisig ${name}`));
const OWNERS = multisigOwners(
  MEMBERS.map(({ signer }) => signer.publicKey),
  3,
);
const SHARED: Account = { ...account('multisig none'), key: hexOf(multisigAccount(OWNERS)) };
const PAYEE = account('multisig payee');
const [THIEF = PAYEE] = MEMBERS;
/** With the 4 blocks of the window: an era of 32. */
const VALIDITY = 28n;
const plugin = pluginOf('call');

const address = (key: string): string => addressOfAccount(bytesOfHex(key, 'a key'), 42);

interface Ground {
  readonly chain: ChopsticksChain;
  readonly path: string;
}

/** Four members in a window that begins now, each with a folder of approvals and its signatory's key. */
async function membersOf({ chain, path }: Ground): Promise<readonly ActionContext[]> {
  const plan = await planNow(chain.node, MEMBERS.length);
  const parameters = {
    account: address(SHARED.key),
    allowed: ['Balances.transfer_keep_alive', 'Balances.transfer_all'],
    maxBytes: 200,
    multisig: { signatories: MEMBERS.map(({ key }) => address(key)), threshold: 3 },
  };
  const item = itemOf('call', parameters, VALIDITY);
  assert.equal(plugin.parametersProblem(item.parameters), null);
  return MEMBERS.map(({ secret }, seat) => {
    const approvals = join(path, `seat ${seat}`);
    mkdirSync(approvals, { recursive: true });
    const submitKey = join(path, `seat ${seat}.key`);
    writeFileSync(submitKey, `sr25519 ${hexOf(secret)}\n`, { mode: 0o600 });
    return contextOf(chain.node, plan, item, { approvals, submitKey }, seat);
  });
}

/** Makes blocks while something runs. */
async function whileBlocks<T>({ chain }: Ground, work: Promise<T>): Promise<T> {
  let isOver = false;
  const done = work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await chain.newBlock();
    // Members poll the head; a block that they do not see costs them nothing but time.
    await Promise.race([done.catch(() => {}), new Promise((resolve) => setTimeout(resolve, 200))]);
  }
  return done;
}

async function freeOf({ chain }: Ground, { key }: Account): Promise<bigint> {
  const head = await chain.node.call<string>('chain_getFinalizedHead');
  const { metadata } = await views.at(chain.node, head);
  const read = await readStorage(chain.node, metadata, ['System', 'Account'], [address(key)], head);
  return read.result === 'value' ? BigInt(String(jsonMember(jsonMember(read.value, 'data'), 'free'))) : 0n;
}

/** A content that a leader makes without anybody's approval. */
async function proposed({ chain }: Ground, member: ActionContext, name: string, args: Json): Promise<Value> {
  const { plan, item } = member;
  const { metadata, specVersion, transactionVersion } = await views.at(chain.node, hexOf(plan.referenceHash));
  const written = encodeCall(metadata, 'Balances', name, args);
  assert.ok(written.result === 'bytes', written.result === 'refused' ? written.detail : '');
  const content = {
    account: SHARED.key,
    call: hexOf(written.bytes),
    nonce: 0,
    period: 32,
    specVersion,
    transactionVersion,
  };
  return {
    action: 'call',
    resource: plan.group.resource,
    validityBlocks: item.validityBlocks,
    referenceHash: plan.referenceHash,
    content: new TextEncoder().encode(JSON.stringify(content, Object.keys(content).toSorted())),
  };
}

const THEFT = { dest: address(THIEF.key), keep_alive: false };

for (const name of ['asset-hub-2026', 'relay-2026'] as const satisfies readonly ChainName[])
  test(`${name}: a multisig account makes the calls that members approved, and no other`, async (context) => {
    const ground = await startGround(context, name);
    await context.test('a leader that is a thief gets no signature', () => theft(ground));
    await context.test('the thief and one colluder cannot make the call on the chain', () =>
      alone(ground, 2),
    );
    await context.test('a payment that all approved is made once', () => payment(ground));
    await context.test('the same approval is not used twice', () => again(ground));
    await context.test('the control: with the threshold the theft would succeed', () => alone(ground, 3));
  });

async function startGround(context: TestContext, name: ChainName): Promise<Ground> {
  const chain = await startChopsticks(name);
  context.after(() => chain.stop());
  await fund(chain, [SHARED, PAYEE, ...MEMBERS], 1_000n);
  await chain.newBlock();
  return { chain, path: folder(context) };
}

async function theft(ground: Ground): Promise<void> {
  const members = await membersOf(ground);
  const [leader] = members;
  assert.ok(leader !== undefined);
  const value = await proposed(ground, leader, 'transfer_all', THEFT);
  for (const member of members.slice(1)) {
    const answer = await plugin.validate(member, value);
    assert.equal(answer.result === 'refused' ? answer.code : answer.result, 'not-approved');
  }
}

/** The code of the first members is wrong: they execute a theft that nobody approved. */
async function alone(ground: Ground, wrong: number): Promise<void> {
  const members = (await membersOf(ground)).slice(0, wrong);
  const [leader] = members;
  assert.ok(leader !== undefined);
  const before = await freeOf(ground, SHARED);
  const value = await proposed(ground, leader, 'transfer_all', THEFT);
  const { receipts, notes } = await whileBlocks(ground, executeAll(plugin, members, value));
  assert.ok(
    notes.some(({ text }) => /submitted .*accepted/.test(text)),
    'the chain had to decide',
  );
  const after = await freeOf(ground, SHARED);
  if (wrong < OWNERS.threshold) {
    assert.deepEqual(
      receipts.map(field('result')),
      members.map(() => 'expired'),
    );
    assert.equal(after, before);
  } else assert.equal(after, 0n, receipts.map(({ text }) => text).join());
}

const pay = {
  pallet: 'Balances',
  call: 'transfer_keep_alive',
  args: { dest: address(PAYEE.key), value: `${UNIT}` },
};

async function payment(ground: Ground): Promise<void> {
  const members = await membersOf(ground);
  for (const seat of [1, 2, 3])
    writeFileSync(join(ground.path, `seat ${seat}`, 'pay.json'), JSON.stringify(pay));
  const queue = join(ground.path, 'queue');
  mkdirSync(queue);
  writeFileSync(join(queue, 'pay.json'), JSON.stringify(pay));
  const [first, ...others] = members;
  assert.ok(first !== undefined);
  const leader = { ...first, settings: JSON.stringify({ ...JSON.parse(first.settings), queue }) };
  const value = await agreed(plugin, [leader, ...others]);
  const before = [await freeOf(ground, SHARED), await freeOf(ground, PAYEE)];
  const { receipts } = await whileBlocks(ground, executeAll(plugin, [leader, ...others], value));
  for (const { result, text } of receipts) assert.match(result, /^done/, text);
  assert.equal(new Set(receipts.map(({ extrinsic }) => extrinsic?.hash)).size, 1);
  const after = [await freeOf(ground, SHARED), await freeOf(ground, PAYEE)];
  assert.deepEqual(after, [(before[0] ?? 0n) - UNIT, (before[1] ?? 0n) + UNIT]);
  assert.deepEqual(readdirSync(join(queue, 'done')), ['pay.json']);
  for (const seat of [1, 2, 3])
    assert.deepEqual(readdirSync(join(ground.path, `seat ${seat}`, 'done')), ['pay.json']);
}

/** The thief proposes the payment again, with an approval that a member's process had not seen settled. */
async function again(ground: Ground): Promise<void> {
  const approvals = join(ground.path, 'late');
  mkdirSync(approvals);
  writeFileSync(join(approvals, 'pay.json'), JSON.stringify(pay));
  const members = await membersOf(ground);
  const late = members.map((each) => ({
    ...each,
    settings: JSON.stringify({ ...JSON.parse(each.settings), approvals }),
  }));
  const [leader, member, ...rest] = late;
  assert.ok(leader !== undefined && member !== undefined);
  const value = await proposed(ground, leader, pay.call, pay.args);
  assert.deepEqual(await plugin.validate(member, value), { result: 'valid' });
  // It is away, and three others make the call.
  for (const seat of [0, 2, 3])
    writeFileSync(join(ground.path, `seat ${seat}`, 'pay.json'), JSON.stringify(pay));
  const others = [members[0], members[2], members[3]].filter((each) => each !== undefined);
  assert.equal(rest.length, 2);
  await whileBlocks(ground, executeAll(plugin, others, value));
  const [next] = await membersOf(ground);
  assert.ok(next !== undefined);
  const later = { ...next, settings: member.settings, seat: 1 };
  const answer = await plugin.validate(later, await proposed(ground, next, pay.call, pay.args));
  assert.equal(answer.result === 'refused' ? answer.code : answer.result, 'not-approved');
  assert.deepEqual(readdirSync(join(approvals, 'done')), ['pay.json']);
}
