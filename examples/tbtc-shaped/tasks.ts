import { type ActionName, heartbeatMessage, type ProposalTask } from '@watchbill/coordinate';
import type { Bridge, Wallet } from './bridge.ts';
import type { HostChain } from './host-chain.ts';

/** A deposit younger than this may still be taken back by a fork. */
export const DEPOSIT_AGE_BLOCKS = 40n;
/** Satoshi for each input or output that an action adds. */
export const FEE_EACH = 500n;

const MOST_DEPOSITS = 10;
const MOST_REDEMPTIONS = 5;

/**
 * Where each kind of work is looked for. There is no task for moving funds: those actions are on the checklist at times, and the
 * walk leaves them out.
 */
export function walletTasks(
  chain: HostChain,
  bridge: Bridge,
  wallet: Wallet,
  feeEach: bigint,
): ReadonlyMap<ActionName, ProposalTask> {
  return new Map<ActionName, ProposalTask>([
    [
      'redemption',
      async () => {
        const due = bridge.redemptions(wallet.id).slice(0, MOST_REDEMPTIONS);
        if (due.length === 0 || bridge.balance(wallet.id) === null) return null;
        return {
          action: 'redemption',
          redeemerOutputScripts: due.map(({ script }) => Buffer.from(script, 'hex')),
          redemptionTxFee: feeEach * BigInt(due.length),
        };
      },
    ],
    [
      'deposit-sweep',
      async () => {
        const ripe = bridge
          .deposits(wallet.id)
          .filter(({ revealBlock }) => revealBlock + DEPOSIT_AGE_BLOCKS <= chain.height())
          .slice(0, MOST_DEPOSITS);
        if (ripe.length === 0) return null;
        return {
          action: 'deposit-sweep',
          deposits: ripe.map(({ coin }) => ({
            fundingTxHash: Buffer.from(coin.txHash, 'hex'),
            fundingOutputIndex: coin.index,
          })),
          sweepTxFee: feeEach * BigInt(ripe.length),
          revealBlocks: ripe.map(({ revealBlock }) => revealBlock),
        };
      },
    ],
    [
      'heartbeat',
      async ({ keyHash }) => ({ action: 'heartbeat', message: heartbeatMessage(keyHash, chain.height()) }),
    ],
  ]);
}
