// Four operator processes over libp2p on a chain of real nodes with real finality, made and run by the
// command itself. One window after another: a call is included, and another one is vetoed. Byzantine
// members: packages/coordinate/src/runner/quorum/member.component.test.ts.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { coverage } from '../groups/demo-group.ts';
import { assertOnce } from '../groups/outcomes.ts';
import type { Told } from '../process.ts';
import { followCallPage } from './call-page.ts';
import { addressOf, balanceOf, extrinsicsOf } from './chain.ts';
import type { Operator, WindowRow } from './operator.ts';
import { ACTIVE_BLOCKS, LEASE_BLOCKS, type RealGroup, startRealGroup, WINDOWS } from './real-group.ts';

const LIMIT = { timeout: 400_000 };
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

  scenario('when its time is over the call is on the chain once', async () => {
    await realGroup.node.untilFinalised(Number(blockOf(paidIn)) + LEASE_BLOCKS);
    assert.equal((await extrinsicsOf(realGroup.node, realGroup.account)).length, 1);
    assert.equal(await balanceOf(realGroup.node, PAYEE), AMOUNT);
    for (const { stop, windows } of realGroup.operators) {
      assert.equal((await stop()).code, 0);
      assertOnceUntilPaid(await windows());
    }
  });
});

/** Every window has one outcome, that of the payment too, and is carried out once at most. */
function assertOnceUntilPaid(rows: readonly WindowRow[]): void {
  assertOnce(rows);
  assert.ok(coverage(rows).has(paidIn), `window ${paidIn}`);
  for (const { receipts, faults } of rows) {
    assert.ok(receipts.filter(({ result }) => result.startsWith('done')).length <= 1);
    // On a busy machine a leader may be silent; nothing else may be seen of honest members.
    assert.ok(faults.every(({ kind }) => kind === 'idleness'));
  }
}
