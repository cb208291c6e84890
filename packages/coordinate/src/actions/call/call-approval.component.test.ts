import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { hexOf, storageKey } from '@watchbill/chain';
import {
  addressOfAccount,
  callValue,
  encodeCall,
  type Json,
  multisigAccount,
  multisigOwners,
} from '@watchbill/chain/extrinsics';
import { temporaryFolder } from '@watchbill/kit/testing';
import type { Validation } from '../../rules.ts';
import { bytesOfRecord } from '../content.ts';
import { DEVNET } from '../testing/devnet.ts';
import { type FakeLedger, fakeLedger } from '../testing/fake-ledger.ts';
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
import { waitingCalls } from './call-approval.ts';
import type { CallContent } from './call-content.ts';

const addressOf = (name: string): string => addressOfAccount(testKey(name).publicKey, 42);
const PAY = 'Balances.transfer_keep_alive';
const PARAMETERS = {
  account: addressOf('payer'),
  allowed: [PAY, 'Balances.transfer_all', 'Utility.batch_all'],
  maxBytes: 400,
};

function setUp(context: TestContext) {
  const folder = temporaryFolder(context);
  const ledger = fakeLedger();
  ledger.advance(5);
  const item = itemOf('call', PARAMETERS, 22n);
  const action = callAction(fakeDoors());
  return { folder, ledger, item, action };
}

type Set = ReturnType<typeof setUp>;

/** The answer of a member with these settings to a proposal of the call in a window that begins now. */
async function answerTo(
  { ledger, item, action }: Set,
  settings: object,
  call: Uint8Array,
  { nonce = 0, window = 1n }: { readonly nonce?: number; readonly window?: bigint } = {},
): Promise<Validation> {
  const member = contextOf(ledger, planAt(ledger, 4, window), item, settings);
  return action.validate(member, proposedValue(member, bytesOfRecord(contentOf(call, nonce))));
}

function contentOf(call: Uint8Array, nonce: number): CallContent {
  const account = hexOf(testKey('payer').publicKey);
  return { call: hexOf(call), account, nonce, specVersion: 1, transactionVersion: 1, period: 32 };
}

function bytesOf(pallet: string, call: string, args: Json): Uint8Array {
  const written = encodeCall(DEVNET, pallet, call, args);
  assert.ok(written.result === 'bytes', written.result === 'refused' ? written.detail : '');
  return written.bytes;
}

const THEFT = bytesOf('Balances', 'transfer_all', { dest: addressOf('thief'), keep_alive: false });
const payment = (value: string): Json => ({ dest: addressOf('friend'), value });
const paid = (value: string): Uint8Array => bytesOf('Balances', 'transfer_keep_alive', payment(value));

function said(answer: Validation): string {
  if (answer.result === 'refused') return `${answer.code}: ${answer.detail}`;
  return answer.result === 'unknown' ? `unknown: ${answer.why}` : answer.result;
}

/** The extrinsic of a content in the chain, by a member that approves nothing. */
async function land({ ledger, item, action }: Set, call: Uint8Array, nonce: number): Promise<void> {
  const plan = planAt(ledger, 4);
  const other = contextOf(ledger, plan, item, { submitKey: 'payer' }, plan.submitters[0]);
  const value = proposedValue(other, bytesOfRecord(contentOf(call, nonce)));
  const [receipt] = await fakeRoom(ledger).carryOut(action, value, other);
  assert.equal(receipt?.result, 'done');
}

test('a leader that proposes a transfer to itself gets no signature of members that approved nothing', async (context) => {
  const set = setUp(context);
  const queues = ['one', 'two', 'three'].map((name) => join(set.folder, name));
  for (const queue of queues) mkdirSync(queue);
  for (const queue of queues) {
    const answer = await answerTo(set, { queue, approvals: join(queue, 'approvals') }, THEFT);
    assert.match(said(answer), /^not-approved: this operator has not approved it/);
    assert.equal(answer.result === 'refused' && answer.facts.length, 0, 'it convicts no leader');
    const [waiting] = await waitingCalls(join(queue, 'approvals'));
    assert.match(waiting?.text ?? '', /^Balances\.transfer_all .*"keep_alive":false/);
  }
});

test('a file with the same bytes approves, in the queue or among the approvals; another one does not', async (context) => {
  const set = setUp(context);
  const [queue, approvals] = [join(set.folder, 'queue'), join(set.folder, 'approvals')];
  for (const [folder, name] of [
    [queue, 'queue'],
    [approvals, 'approvals'],
  ] as const) {
    mkdirSync(folder);
    writeFileSync(
      join(folder, 'pay.json'),
      JSON.stringify({ pallet: 'Balances', call: 'transfer_keep_alive', args: payment('5') }),
    );
    assert.equal(said(await answerTo(set, { [name]: folder }, paid('5'))), 'valid');
    assert.match(said(await answerTo(set, { [name]: folder }, paid('6'))), /^not-approved/);
    assert.match(said(await answerTo(set, { [name]: folder }, THEFT)), /^not-approved/);
  }
  writeFileSync(join(approvals, 'theft.hex'), hexOf(THEFT));
  assert.equal(said(await answerTo(set, { approvals }, THEFT)), 'valid', 'as bytes too');
});

test('one file approves one call: a leader cannot have it signed again with the next nonce', async (context) => {
  const set = setUp(context);
  const approvals = set.folder;
  writeFileSync(join(approvals, 'pay.hex'), hexOf(paid('5')));
  assert.equal(said(await answerTo(set, { approvals }, paid('5'))), 'valid');
  assert.equal(said(await answerTo(set, { approvals }, paid('5'), { window: 2n })), 'valid', 'same nonce');
  // It lands while this member is away.
  await land(set, paid('5'), 0);
  assert.match(said(await answerTo(set, { approvals }, paid('5'), { nonce: 1 })), /^not-approved/);
  assert.deepEqual(readdirSync(join(approvals, 'done')), ['pay.hex']);
});

test('a member that follows the execution moves its approval away', async (context) => {
  const set = setUp(context);
  const approvals = set.folder;
  writeFileSync(join(approvals, 'pay.hex'), hexOf(paid('5')));
  const plan = planAt(set.ledger, 4);
  const at = contextOf(set.ledger, plan, set.item, { approvals, submitKey: 'payer' }, plan.submitters[0]);
  const value = proposedValue(at, bytesOfRecord(contentOf(paid('5'), 0)));
  assert.equal(said(await set.action.validate(at, value)), 'valid');
  await fakeRoom(set.ledger).carryOut(set.action, value, at);
  assert.deepEqual(readdirSync(join(approvals, 'done')), ['pay.hex']);
});

test('another extrinsic used the nonce: the approval is still good', async (context) => {
  const set = setUp(context);
  const approvals = set.folder;
  writeFileSync(join(approvals, 'pay.hex'), hexOf(paid('5')));
  assert.equal(said(await answerTo(set, { approvals }, paid('5'))), 'valid');
  await land(set, paid('6'), 0);
  assert.equal(said(await answerTo(set, { approvals }, paid('5'), { nonce: 1 })), 'valid');
});

test('a file that was used for another account approves nothing until its call is settled', async (context) => {
  const set = setUp(context);
  const approvals = set.folder;
  writeFileSync(join(approvals, 'pay.hex'), hexOf(paid('5')));
  assert.equal(said(await answerTo(set, { approvals }, paid('5'))), 'valid');
  const account = addressOf('other');
  const member = contextOf(
    set.ledger,
    planAt(set.ledger, 4, 2n),
    itemOf('call', { ...PARAMETERS, account }, 22n),
    { approvals },
  );
  const content = { ...contentOf(paid('5'), 0), account: hexOf(testKey('other').publicKey) };
  const answer = await set.action.validate(member, proposedValue(member, bytesOfRecord(content)));
  assert.match(said(answer), /^not-approved/);
});

test('an approval ends at its last block', async (context) => {
  const set = setUp(context);
  const file = { pallet: 'Balances', call: 'transfer_keep_alive', args: payment('5'), lastBlock: 5 };
  writeFileSync(join(set.folder, 'pay.json'), JSON.stringify(file));
  assert.equal(said(await answerTo(set, { approvals: set.folder }, paid('5'))), 'valid');
  set.ledger.advance();
  assert.match(said(await answerTo(set, { approvals: set.folder }, paid('5'))), /^not-approved/);
});

test('a record of approvals that cannot be read stops the signature', async (context) => {
  const set = setUp(context);
  writeFileSync(join(set.folder, 'pay.hex'), hexOf(paid('5')));
  for (const name of ['drafted.record', 'spent.record']) {
    writeFileSync(join(set.folder, name), 'no json');
    const settings = { approvals: set.folder, rules: [rule({})] };
    const call = name === 'spent.record' ? paid('6') : paid('5');
    assert.match(said(await answerTo(set, settings, call)), /^unknown: .*cannot be read/, name);
    rmSync(join(set.folder, name));
  }
});

const rule = (limits: object): object => ({
  name: 'payroll',
  call: PAY,
  arguments: { dest: { accounts: [addressOf('friend')] }, value: { most: 100 } },
  ...limits,
});

test('a rule approves within its amounts per window', async (context) => {
  const set = setUp(context);
  const batch = { name: 'batch', call: 'Utility.batch_all', arguments: { calls: { calls: 'by-rules' } } };
  const settings = { approvals: set.folder, rules: [batch, rule({ perWindow: 150 })] };
  const calls = (...values: readonly string[]): Uint8Array =>
    bytesOf('Utility', 'batch_all', {
      calls: values.map((value) => callValue('Balances', 'transfer_keep_alive', payment(value))),
    });
  assert.equal(said(await answerTo(set, settings, calls('100', '50'))), 'valid');
  assert.equal(said(await answerTo(set, settings, calls('100', '50'))), 'valid', 'the same one again');
  assert.match(said(await answerTo(set, settings, paid('1'))), /151 in this window, above 150/);
  assert.equal(said(await answerTo(set, settings, paid('1'), { window: 2n })), 'valid');
  assert.match(said(await answerTo(set, settings, calls('100', '51'), { window: 3n })), /151 in this window/);
  assert.match(said(await answerTo(set, settings, paid('101'), { window: 3n })), /value is 101, above 100/);
  assert.match(
    said(await answerTo(set, settings, THEFT, { window: 3n })),
    /no rule names Balances\.transfer_all/,
  );
  const kept = readFileSync(join(set.folder, 'spent.record'), 'utf8');
  assert.doesNotMatch(kept, /"window":"3"/, 'a refused call takes nothing');
});

test('a rule approves within its amount per 24 hours of the chain', async (context) => {
  const set = setUp(context);
  const settings = { approvals: set.folder, rules: [rule({ perDay: 150 })] };
  const at = (hours: number, value: string, window: bigint): Promise<string> => {
    clockOf(set.ledger, hours);
    return answerTo(set, settings, paid(value), { window }).then(said);
  };
  assert.equal(await at(0, '100', 1n), 'valid');
  assert.match(await at(23.9, '51', 2n), /151 in 24 hours, above 150/);
  assert.equal(await at(23.9, '50', 3n), 'valid');
  assert.equal(await at(24, '99', 4n), 'valid', 'the first one is a day old');
  assert.match(await at(24, '3', 5n), /152 in 24 hours/);
  assert.match(await at(24, '50', 6n), /199 in 24 hours/, 'an emptied account has its nonces again');
  set.ledger.answers.set('state_getStorage', () => null);
  const nowhere = said(await answerTo(set, settings, paid('1'), { window: 6n }));
  assert.match(nowhere, /no Timestamp\.Now/);
  const folderless = said(await answerTo(set, { rules: [rule({})] }, paid('1')));
  assert.match(folderless, /rules need a folder/);
});

test('amounts leave the record after a day, also those of rules without an amount per day', async (context) => {
  const set = setUp(context);
  const file = join(set.folder, 'spent.record');
  const entry = { rule: 'payroll', amount: '1', window: '1', atMs: 1_700_000_000_000 };
  const full = Array.from({ length: 5_000 }, (_, at) => ({ ...entry, call: `${at}` }));
  writeFileSync(file, JSON.stringify(full));
  const at = (hours: number, window: bigint): Promise<string> => {
    clockOf(set.ledger, hours);
    const settings = { approvals: set.folder, rules: [rule({ perWindow: 150 })] };
    return answerTo(set, settings, paid('5'), { window }).then(said);
  };
  assert.match(await at(23.9, 2n), /approved 5000 calls within a day/);
  assert.equal(await at(24, 3n), 'valid');
});

/** Sets `Timestamp.Now` of the chain. */
function clockOf(ledger: FakeLedger, hours: number): void {
  const now = Buffer.alloc(8);
  now.writeBigUInt64LE(BigInt(1_700_000_000_000 + hours * 3_600_000));
  ledger.answers.set('state_getStorage', ([key]) =>
    key === storageKey('Timestamp', 'Now') ? hexOf(now) : null,
  );
}

const SIGNATORIES = ['one', 'two', 'three', 'four'];
const OWNERS = multisigOwners(
  SIGNATORIES.map((name) => testKey(name).publicKey),
  3,
);
const MULTISIG = {
  ...PARAMETERS,
  account: addressOfAccount(multisigAccount(OWNERS), 42),
  multisig: { signatories: SIGNATORIES.map(addressOf), threshold: 3 },
};

test('a multisig account has no nonce: a file approves again only when the first lease is over', async (context) => {
  const { folder, ledger, action } = setUp(context);
  writeFileSync(join(folder, 'pay.hex'), hexOf(paid('5')));
  const answerIn = async (window: bigint, parameters: object = MULTISIG): Promise<string> => {
    const item = itemOf('call', parameters, 22n);
    const member = contextOf(ledger, planAt(ledger, 4, window), item, { approvals: folder });
    const content = { ...contentOf(paid('5'), 0), account: hexOf(multisigAccount(OWNERS)) };
    return said(await action.validate(member, proposedValue(member, bytesOfRecord(content))));
  };
  assert.equal(await answerIn(1n), 'valid');
  assert.equal(await answerIn(1n), 'valid', 'the same window again');
  ledger.advance(31);
  assert.match(await answerIn(2n), /^not-approved/, 'the last block of the first lease');
  ledger.advance();
  assert.equal(await answerIn(3n), 'valid');
  const short = { ...MULTISIG.multisig, signatories: MULTISIG.multisig.signatories.slice(1) };
  assert.match(
    await answerIn(3n, { ...MULTISIG, multisig: short }),
    /^wrong-signatories: .*3 signatories for 4 seats/,
  );
});

test('a leader proposes a call of a multisig account again only when all blocks since its first use are searched', async (context) => {
  const { folder, ledger, action } = setUp(context);
  writeFileSync(join(folder, 'pay.hex'), hexOf(paid('5')));
  const draftIn = async (window: bigint, frequencyBlocks = 20n): Promise<string> => {
    const plan = planAt(ledger, 4, window);
    const group = { ...plan.group, windows: { ...plan.group.windows, frequencyBlocks } };
    const item = itemOf('call', MULTISIG, 22n);
    const draft = await action.draft(contextOf(ledger, { ...plan, group }, item, { queue: folder }));
    return draft.kind === 'nothing' ? draft.why : 'proposed';
  };
  assert.equal(await draftIn(1n), 'proposed');
  ledger.advance(10);
  assert.equal(await draftIn(2n), 'proposed', 'members that committed are busy');
  ledger.advance(250);
  assert.match(await draftIn(3n), /pay\.hex.*may have been made already: blocks after 215 are/);
  ledger.advance(20);
  assert.equal(await draftIn(4n), 'proposed');
  // However far apart windows are, the search gets to the end.
  ledger.advance(300);
  assert.equal(await draftIn(5n, 300n), 'proposed');
});

test('the parameters name the multisig account of their signatories', (context) => {
  const { action } = setUp(context);
  const problem = (change: object): string =>
    action.parametersProblem(JSON.stringify({ ...MULTISIG, ...change })) ?? '';
  assert.equal(problem({}), '');
  assert.match(
    problem({ account: addressOf('payer') }),
    /multisig: gives the multisig account 5\w+; write that as account/,
  );
  assert.match(problem({ multisig: { ...MULTISIG.multisig, threshold: 5 } }), /threshold above/);
  const twice = [...SIGNATORIES.slice(1), 'four'].map(addressOf);
  assert.match(problem({ multisig: { ...MULTISIG.multisig, signatories: twice } }), /an account twice/);
});
