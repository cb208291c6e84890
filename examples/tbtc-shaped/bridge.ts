import type { Rfc12Group } from '@watchbill/coordinate';
import type { Coin, Hex, Ledger } from './ledger.ts';

/** A wallet as the host chain registers it. */
export interface Wallet {
  /** Key hash. */
  readonly id: Hex;
  readonly name: string;
  readonly group: Rfc12Group;
}

export interface Deposit {
  readonly coin: Coin;
  readonly revealBlock: bigint;
}

export interface Redemption {
  readonly wallet: Hex;
  readonly script: Hex;
  readonly amount: bigint;
}

/** Operators told the host chain that these seats do not take part. */
export interface InactivityClaim {
  readonly wallet: Hex;
  readonly nonce: number;
  readonly seats: readonly number[];
}

/** The host chain's knowledge of wallets. Reads are of its present state. */
export interface Bridge {
  register(wallet: Wallet): void;
  wallets(): readonly Wallet[];
  reveal(deposit: Deposit): void;
  /** Revealed and not swept, oldest first. */
  deposits(wallet: Hex): readonly Deposit[];
  request(redemption: Redemption): void;
  /** Requested and not paid, oldest first. */
  redemptions(wallet: Hex): readonly Redemption[];
  /** The wallet's main coin, in addition to deposits; none yet at first. */
  balance(wallet: Hex): Coin | null;
  /** How many claims a wallet has: the next one's nonce. */
  claimNonce(wallet: Hex): number;
  /** False for a nonce that was used: another operator was first. */
  claim(claim: InactivityClaim, signers: readonly number[]): boolean;
  claims(): readonly InactivityClaim[];
}

export function bridge(ledger: Ledger, threshold: number): Bridge {
  const wallets: Wallet[] = [];
  const deposits: Deposit[] = [];
  const redemptions: Redemption[] = [];
  const claims: InactivityClaim[] = [];
  const claimNonce = (wallet: Hex) => claims.filter((claim) => claim.wallet === wallet).length;
  const isUnspent = ({ txHash, index }: Coin) => ledger.coin(txHash, index) !== null;
  return {
    register: (wallet) => void wallets.push(wallet),
    wallets: () => [...wallets],
    reveal: (deposit) => void deposits.push(deposit),
    deposits: (wallet) => deposits.filter(({ coin }) => coin.script === wallet && isUnspent(coin)),
    request: (redemption) => void redemptions.push(redemption),
    redemptions: (wallet) =>
      redemptions.filter((each) => each.wallet === wallet && ledger.coinsOf(each.script).length === 0),
    balance: (wallet) => {
      const isDeposit = ({ txHash }: Coin) => deposits.some(({ coin }) => coin.txHash === txHash);
      return ledger.coinsOf(wallet).find((coin) => !isDeposit(coin)) ?? null;
    },
    claimNonce,
    claim: (claim, signers) => {
      if (new Set(signers).size < threshold || claim.nonce !== claimNonce(claim.wallet)) return false;
      claims.push(claim);
      return true;
    },
    claims: () => [...claims],
  };
}
