// Four operator processes over libp2p on a chain of real nodes with real finality, made and run by the
// command itself. One window after another: a call is included, another one is vetoed, and a member
// equivocates.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { coverage } from '../groups/demo-group.ts';
import { assertOnce } from '../groups/outcomes.ts';
import { coordinate, type Told } from '../process.ts';
import { followCallPage } from './call-page.ts';
import { addressOf, balanceOf, extrinsicsOf } from './chain.ts';
import type { Operator, WindowRow } from './operator.ts';
import { ACTIVE_BLOCKS, LEASE_BLOCKS, type RealGroup, startRealGroup, WINDOWS } from './real-group.ts';

const LIMIT = { timeout: 400_000 };
const BYZANTINE_MEMBER = fileURLToPath(new URL('./byzantine-member.ts', import.meta.url));
/** An account that nobody has: what it holds came from the group. */
const PAYEE = new Uint8Array(32).fill(0x77);
const AMOUNT = 2_000_000_000_000n;

let realGroup: RealGroup;
let paidIn = 0n;

before(async () => {
  realGroup = await startRealGroup();
}, LIMIT);

after(() => realGroup.close());

/** A failure shows the last lines of every process. */
function scenario(name: string, run: () => Promise<void>): void {
  test(name, LIMIT, async () => {
    try {
      await run();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      throw new Error(`${text}\n${realGroup.tails()}`, { cause: error });
    }
  });
}

const windowOf = (line: Told): bigint => BigInt(String(line.window ?? line.from));
const isFor = (event: string, window: bigint) => (line: Told) =>
  line.event === event && windowOf(line) === window;
const blockOf = (window: bigint): bigint => window * BigInt(WINDOWS.frequency);

/** The line of each, once all have printed it. */
function untilTold(
  what: string,
  operators: readonly Operator[],
  isIt: (line: Told) => boolean,
): Promise<readonly Told[]> {
  return realGroup.until(what, () => {
    const found = operators.map(({ told }) => told().find(isIt));
    return found.every((line) => line !== undefined) && found;
  });
}

function untilConnected(): Promise<boolean> {
  return realGroup.until('all connected', async () => {
    const all = await Promise.all(realGroup.operators.map(({ status }) => status()));
    return all.every(({ peers }) => peers.every(({ isConnected }) => isConnected));
  });
}

/** Who begins inside a window sits it out, and would never hear that the call landed. */
function untilBetweenWindows(): Promise<boolean> {
  const frequency = BigInt(WINDOWS.frequency);
  return realGroup.until('all between two windows', async () => {
    const heights = await Promise.all(realGroup.operators.map(heightOf));
    return heights.every((height) => height >= 0n && isBetween(height, frequency));
  });
}

function isBetween(height: bigint, frequency: bigint): boolean {
  return height < frequency || height % frequency >= ACTIVE_BLOCKS;
}

/** -1 before the first. */
async function heightOf({ status }: Operator): Promise<bigint> {
  return BigInt((await status()).height ?? -1n);
}

describe('four operators on a real chain', () => {
  scenario('a call that all of them wish for lands once', async () => {
    await untilConnected();
    await untilBetweenWindows();
    const transfer = { dest: addressOf(PAYEE), value: `${AMOUNT}` };
    for (const { wish } of realGroup.operators)
      wish('pay.json', { pallet: 'Balances', call: 'transfer_keep_alive', args: transfer });
    const isCertified = (line: Told): boolean => line.event === 'certificate' && line.action === 'call';
    // A member that was slow takes the agreement from the others: it prints no certificate.
    await realGroup.until('a certificate for the call', () =>
      realGroup.operators.some(({ told }) => told().some(isCertified)),
    );
    const isLanded = (line: Told): boolean =>
      line.event === 'receipt' && line.action === 'call' && /^done(-by-another)?$/.test(String(line.result));
    const receipts = await untilTold('a receipt of the call', realGroup.operators, isLanded);
    // Mostly the first; what did not land while its lease lasted is agreed on anew.
    const [receipt] = receipts;
    assert.ok(receipt !== undefined);
    paidIn = windowOf(receipt);
    assert.deepEqual(new Set(receipts.map(windowOf)), new Set([paidIn]));
    assert.equal(new Set(receipts.map(({ extrinsic, block }) => `${extrinsic} ${block}`)).size, 1);
    assert.ok(receipts.some(({ result }) => result === 'done'));
    for (const { queued } of realGroup.operators) {
      assert.deepEqual(queued(), []);
      assert.deepEqual(queued('done'), ['pay.json']);
    }
    const landed = await extrinsicsOf(realGroup.node, realGroup.account);
    assert.deepEqual(landed, [{ height: receipt.height, hash: receipt.extrinsic }]);
    assert.equal(await balanceOf(realGroup.node, PAYEE), AMOUNT);
  });

  scenario('a call that a quorum approved is vetoed, with the commands of the page', () =>
    followCallPage(realGroup),
  );

  scenario('a member equivocates: all others still agree, and hold the proof', async () => {
    const [byzantine] = realGroup.operators;
    assert.ok(byzantine !== undefined);
    const honest = realGroup.operators.filter((each) => each !== byzantine);
    assert.equal((await byzantine.stop()).code, 0);
    const { groupFile, keyFile, listen, chainUrl, name } = byzantine;
    realGroup.start(BYZANTINE_MEMBER, groupFile, keyFile, listen, chainUrl);

    // On a busy machine they may agree on nothing in a window: each of them is needed, in time.
    const { window, proofs } = await realGroup.until(
      'evidence of a window that all honest members agreed in',
      () => evidenceOfAll(honest),
    );
    for (const file of proofs) assert.equal(basename(file), `${window}-${name}-equivocation.json`);
    assert.ok(window > paidIn);
    await untilTold('the fault', honest, isFor('fault', window));
    for (const [place, file] of proofs.entries()) {
      const holder = honest[place];
      assert.ok(holder !== undefined);
      await assertProof(holder, file, name);
    }
    // Three of four are left, and all three are needed.
    const outcomes = await untilTold('an outcome', honest, isFor('outcome', window));
    for (const { result, action } of outcomes) assert.deepEqual([result, action], ['execute', 'heartbeat']);
    for (const { stop } of honest) assert.equal((await stop()).code, 0);
    assertOnceUntil(await byzantine.windows(), paidIn);
    for (const { windows } of honest) {
      const rows = await windows();
      assertOnceUntil(rows, window);
      assertBlamed(rows, name);
    }
  });

  scenario('when its time is over the call is on the chain once', async () => {
    await realGroup.node.untilFinalised(Number(blockOf(paidIn)) + LEASE_BLOCKS);
    assert.equal((await extrinsicsOf(realGroup.node, realGroup.account)).length, 1);
    assert.equal(await balanceOf(realGroup.node, PAYEE), AMOUNT);
  });
});

/**
 * The evidence of the first window that all operators agreed in, and of which each has a file. An operator
 * that connected later has no file of earlier windows.
 */
function evidenceOfAll(operators: readonly Operator[]) {
  const all = operators.map(({ evidence }) => evidence('equivocation'));
  for (const first of all[0] ?? []) {
    const [window = ''] = basename(first).split('-');
    const proofs = all.map((files) => files.find((file) => basename(file).startsWith(`${window}-`)));
    const isAgreed = (line: Told): boolean =>
      isFor('outcome', BigInt(window))(line) && line.result === 'execute';
    if (proofs.every((file) => file !== undefined) && operators.every(({ told }) => told().some(isAgreed)))
      return { window: BigInt(window), proofs };
  }
  return undefined;
}

/** Anybody can check a file of evidence, and one with another byte proves nothing. */
async function assertProof({ folder, groupFile }: Operator, file: string, culprit: string): Promise<void> {
  const verify = (path: string) => coordinate(folder, 'verify-evidence', path, '--group', groupFile);
  const holds = await verify(file);
  assert.equal(holds.code, 0, holds.stderr);
  assert.match(holds.stdout, new RegExp(`the evidence holds: equivocation by ${culprit} `));
  const altered = join(folder, 'altered.json');
  writeFileSync(altered, withOtherSignature(readFileSync(file, 'utf8')));
  const fails = await verify(altered);
  assert.deepEqual([fails.code, /is not valid/.test(fails.stderr)], [1, true], fails.stderr);
}

/** The last of the bytes belong to a signature, which is shown nowhere else in the file. */
function withOtherSignature(text: string): string {
  return text.replace(/([0-9a-f])"\n\}\n$/, (_, digit: string) => `${digit === '0' ? '1' : '0'}"\n}\n`);
}

/** Every window from the first to this one at least has one outcome, and is carried out once at most. */
function assertOnceUntil(rows: readonly WindowRow[], last: bigint): void {
  assertOnce(rows);
  for (const window of [paidIn, last]) assert.ok(coverage(rows).has(window), `window ${window}`);
  for (const { receipts } of rows)
    assert.ok(receipts.filter(({ result }) => result.startsWith('done')).length <= 1);
}

/** Only the Byzantine member is proven to be at fault; on a busy machine a leader may be silent. */
function assertBlamed(rows: readonly WindowRow[], byzantine: string): void {
  const proven = rows.flatMap(({ faults }) => faults.filter(({ kind }) => kind !== 'idleness'));
  assert.ok(proven.length > 0);
  for (const { culprit, kind } of proven) assert.deepEqual([culprit, kind], [byzantine, 'equivocation']);
}
