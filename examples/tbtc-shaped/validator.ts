import type { ProposalOf } from '@watchbill/coordinate';
import type { Bridge, Wallet } from './bridge.ts';
import type { HostChain } from './host-chain.ts';
import type { Coin, Hex, Output, Transaction } from './ledger.ts';
import { sum } from './ledger.ts';
import { DEPOSIT_AGE_BLOCKS } from './tasks.ts';

/** A larger fee for each deposit or redemption is refused, from any leader. */
export const MAX_FEE_EACH = 2_000n;

/** A transaction that the wallet should sign, or why it should not. */
export type Judged =
  | { readonly ok: true; readonly transaction: Omit<Transaction, 'seats'> }
  | { readonly ok: false; readonly why: string };

/** The host chain's facts about proposals: read-only, at the beginning of an action, by each operator for itself. */
export interface Validator {
  sweep(proposal: ProposalOf<'deposit-sweep'>): Judged;
  redemption(proposal: ProposalOf<'redemption'>): Judged;
  /** Null, or why the message must not be signed. */
  heartbeat(proposal: ProposalOf<'heartbeat'>): string | null;
}

export function validatorOf(chain: HostChain, bridge: Bridge, wallet: Wallet): Validator {
  return {
    sweep: ({ deposits, sweepTxFee }) => {
      const coins: Coin[] = [];
      for (const { fundingTxHash, fundingOutputIndex } of deposits) {
        const known = bridge
          .deposits(wallet.id)
          .find(({ coin }) => coin.txHash === hex(fundingTxHash) && coin.index === fundingOutputIndex);
        if (known === undefined) return no(`${hex(fundingTxHash).slice(0, 8)} is not an open deposit`);
        if (known.revealBlock + DEPOSIT_AGE_BLOCKS > chain.height()) return no('a deposit is too young');
        if (!coins.includes(known.coin)) coins.push(known.coin);
      }
      return paid(wallet, bridge.balance(wallet.id), coins, [], sweepTxFee, deposits.length);
    },
    redemption: ({ redeemerOutputScripts, redemptionTxFee }) => {
      const outputs: Output[] = [];
      for (const script of redeemerOutputScripts) {
        const asked = bridge.redemptions(wallet.id).find((each) => each.script === hex(script));
        if (asked === undefined) return no(`there is no redemption request for ${hex(script)}`);
        outputs.push({ script: asked.script, amount: asked.amount });
      }
      return paid(wallet, bridge.balance(wallet.id), [], outputs, redemptionTxFee, outputs.length);
    },
    heartbeat: ({ message }) =>
      message.subarray(0, 8).every((byte) => byte === 0xff) ? null : 'that could be a transaction',
  };
}

/** One transaction: the wallet's coin and these go in, these outputs and the rest come out. */
function paid(
  wallet: Wallet,
  balance: Coin | null,
  coins: readonly Coin[],
  outputs: readonly Output[],
  fee: bigint,
  count: number,
): Judged {
  if (count === 0) return no('there is nothing in it');
  if (fee < 0n || fee > MAX_FEE_EACH * BigInt(count)) return no(`a fee of ${fee} is too high`);
  const inputs = balance === null ? coins : [balance, ...coins];
  const rest = sum(inputs) - sum(outputs) - fee;
  if (rest <= 0n) return no('the wallet has too little');
  const change = { script: wallet.id, amount: rest };
  return { ok: true, transaction: { wallet: wallet.id, inputs, outputs: [change, ...outputs] } };
}

function no(why: string): Judged {
  return { ok: false, why };
}

function hex(bytes: Uint8Array): Hex {
  return Buffer.from(bytes).toString('hex');
}
