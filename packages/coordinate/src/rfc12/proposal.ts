import type { ActionName } from './actions.ts';

/** An output of a Bitcoin transaction that was revealed as a deposit. */
export interface DepositKey {
  /** 32 bytes, in Bitcoin's internal order. */
  readonly fundingTxHash: Uint8Array;
  /** 0 to 2^32 - 1. */
  readonly fundingOutputIndex: number;
}

/** The proposals of a leader. Amounts are satoshi; hashes are in Bitcoin's internal byte order. */
export type Proposal =
  | { readonly action: 'noop' }
  /** 16 bytes; see `heartbeatMessage`. */
  | { readonly action: 'heartbeat'; readonly message: Uint8Array }
  | {
      readonly action: 'deposit-sweep';
      readonly deposits: readonly DepositKey[];
      readonly sweepTxFee: bigint;
      /**
       * Heights of the host chain, one for each deposit. Signed, as keep-core reads them: 2^63 and more are
       * negative.
       */
      readonly revealBlocks: readonly bigint[];
    }
  | {
      readonly action: 'redemption';
      readonly redeemerOutputScripts: readonly Uint8Array[];
      readonly redemptionTxFee: bigint;
    }
  | {
      readonly action: 'moving-funds';
      /** Key hashes, 20 bytes each. */
      readonly targetWallets: readonly Uint8Array[];
      readonly movingFundsTxFee: bigint;
    }
  | {
      readonly action: 'moved-funds-sweep';
      /** 32 bytes. */
      readonly movingFundsTxHash: Uint8Array;
      readonly movingFundsTxOutputIndex: number;
      readonly sweepTxFee: bigint;
    };

export type ProposalOf<Name extends ActionName> = Extract<Proposal, { readonly action: Name }>;
