import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { hexOf } from '@watchbill/chain';
import { addressOfAccount } from '@watchbill/chain/extrinsics';
import { temporaryFolder } from '@watchbill/kit/testing';
import { bytesOfRecord } from '../content.ts';
import { LeaseOver } from '../port.ts';
import type { Receipt } from '../receipt.ts';
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
import type { CallContent } from './call-content.ts';

const PARAMETERS = {
  account: addressOfAccount(testKey('payer').publicKey, 42),
  allowed: ['System.remark'],
  maxBytes: 100,
  holdBlocks: 8,
};
const CONTENT: CallContent = {
  call: '0x00000402',
  account: hexOf(testKey('payer').publicKey),
  nonce: 0,
  specVersion: 1,
  transactionVersion: 1,
  period: 64,
  holdBlocks: 8,
};

/** Four members that hold the key and approved the call; each has a folder of approvals. */
function setUp(context: TestContext) {
  const folder = temporaryFolder(context);
  const ledger = fakeLedger();
  ledger.advance(5);
  const plan = planAt(ledger, 4);
  const item = itemOf('call', PARAMETERS, 54n);
  const members = plan.order.map((seat) => {
    const approvals = join(folder, `seat ${seat}`);
    return contextOf(ledger, plan, item, { approvals, submitKey: 'payer' }, seat);
  });
  const [member] = members;
  assert.ok(member !== undefined);
  const value = proposedValue(member, bytesOfRecord(CONTENT));
  const action = callAction(fakeDoors());
  return { folder, ledger, plan, members, member, value, action };
}

type Set = ReturnType<typeof setUp>;

/** The file of `writeVeto` for seat 2, written at once: the members see it at this height. */
function leaveVeto({ folder }: Set, reason: string): void {
  const vetoes = join(folder, 'seat 2', 'vetoes');
  mkdirSync(vetoes, { recursive: true });
  writeFileSync(join(vetoes, '1.json'), JSON.stringify({ reason }));
}

test('no member submits before the hold is over', async (context) => {
  const set = setUp(context);
  const { action, ledger, plan, members, value } = set;
  const receipts = await fakeRoom(ledger).carryOut(action, value, ...members);
  assert.deepEqual(receipts.map(({ result }) => result).toSorted(), [
    'done',
    'done-by-another',
    'done-by-another',
    'done-by-another',
  ]);
  assert.equal(ledger.landed()[0]?.height, plan.window.end + 8n + 1n);
});

test('a veto during the hold cancels the call on every member, and the receipts name the member', async (context) => {
  const set = setUp(context);
  const { action, ledger, plan, members, value } = set;
  const vetoed = plan.window.end + 6n;

  const room = fakeRoom(ledger, (height) => {
    if (height === vetoed) leaveVeto(set, 'unknown\npayee');
  });
  const receipts = await room.carryOut(action, value, ...members);
  for (const { result, text } of receipts) {
    assert.equal(result, 'vetoed');
    assert.match(text, /^vetoed by m2: unknown\\u\{a\}payee/);
  }
  assert.deepEqual(ledger.submissions, []);
  assert.deepEqual(room.told.map(({ seat, status }) => `${seat} ${status}`).toSorted(), [
    '0 veto-relayed',
    '1 veto-relayed',
    '2 veto',
    '3 veto-relayed',
  ]);
});

test('the heights of a group end before the expiry block: the receipt has the veto, unless the process stops', async (context) => {
  const set = setUp(context);
  const { action, ledger, members, value } = set;
  leaveVeto(set, 'unknown payee');
  const vetoing = members.find(({ seat }) => seat === 2) ?? assert.fail('no seat 2');
  const endedBy = (reason: Error): Promise<Receipt> => {
    const over = new AbortController();
    const at = fakeRoom(ledger).execution({ ...vetoing, signal: over.signal }, value);
    const heights = async function* () {
      for (let blocks = 0; blocks < 3; blocks += 1) {
        ledger.advance();
        yield ledger.height();
      }
      over.abort(reason);
    };
    return action.execute({ ...at, heights }, value);
  };
  await assert.rejects(endedBy(new Error('the process stops')), /the process stops/);
  const { result, text } = await endedBy(new LeaseOver('the expiry block is final'));
  assert.equal(result, 'vetoed', text);
  assert.match(text, /^vetoed by m2: unknown payee/);
});

test('a veto that comes after the submission stops nothing, and the receipt says that the call landed', async (context) => {
  const set = setUp(context);
  const { action, ledger, plan, value, members } = set;
  const room = fakeRoom(ledger, (height) => {
    if (height === plan.window.end + 9n) leaveVeto(set, 'late');
  });
  const receipts = await room.carryOut(action, value, ...members);
  assert.ok(receipts.every(({ result }) => result.startsWith('done')));
});

test('a member that restarts listens for vetoes before it submits', async (context) => {
  const { action, ledger, plan, members, value } = setUp(context);
  while (ledger.height() < plan.window.end + 20n) ledger.advance();
  const started = ledger.height();
  const [first] = plan.submitters;
  const at = members[first ?? 0];
  assert.ok(at !== undefined);
  await fakeRoom(ledger).carryOut(action, value, at);
  assert.equal(ledger.landed()[0]?.height, started + 4n + 1n);
});

test('a veto that only another member relays counts', async (context) => {
  const { action, ledger, members, value } = setUp(context);
  const room = fakeRoom(ledger);
  const [one, other] = members;
  assert.ok(one !== undefined && other !== undefined);
  const execution = room.execution(one, value);
  await room.execution(other, value).report('veto-relayed', 'vetoed by m2: wrong payee');
  const [receipt] = await room.until([action.execute(execution, value)]);
  assert.equal(receipt?.result, 'vetoed');
  assert.match(receipt?.text ?? '', /^vetoed by m2: wrong payee \(relayed by m1\)/);
});

test('the hold is part of the agreement, and the era has to outlast it', async (context) => {
  const { folder, member, action } = setUp(context);
  writeFileSync(join(folder, 'call.hex'), CONTENT.call);
  const at = { ...member, settings: JSON.stringify({ approvals: folder }) };
  const answerTo = async (change: object): Promise<string> => {
    const answer = await action.validate(at, proposedValue(at, bytesOfRecord({ ...CONTENT, ...change })));
    return answer.result === 'refused' ? answer.code : answer.result;
  };
  assert.equal(await answerTo({}), 'valid');
  assert.equal(await answerTo({ holdBlocks: 9 }), 'wrong-hold');
  const { holdBlocks, ...without } = CONTENT;
  assert.equal(holdBlocks, 8);
  const value = proposedValue(at, bytesOfRecord(without));
  assert.equal(action.judge(at.item, value, new Uint8Array()), 'wrong-hold');
  assert.equal(await answerTo({ period: 16 }), 'era-too-short');
  const draft = await action.draft({ ...at, settings: JSON.stringify({ queue: folder }) });
  assert.deepEqual(draft, { kind: 'content', content: bytesOfRecord(CONTENT) });
});
