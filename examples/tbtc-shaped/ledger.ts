import { createHash } from 'node:crypto';

/** Bytes as text: hashes, scripts and the key hashes that name wallets. */
export type Hex = string;

export interface Output {
  /** A wallet's key hash, or any other script. */
  readonly script: Hex;
  readonly amount: bigint;
}

/** An output that can be spent once. */
export interface Coin extends Output {
  readonly txHash: Hex;
  readonly index: number;
}

/** `seats` stands where a signature would: the ledger counts them. */
export interface Transaction {
  readonly wallet: Hex;
  readonly inputs: readonly Coin[];
  readonly outputs: readonly Output[];
  readonly seats: readonly number[];
}

/** Why a transaction was not taken, or that it was. `known`: the same one was taken before. */
export type Taken = 'taken' | 'known' | 'input-spent' | 'not-the-owner' | 'too-much' | 'too-few-seats';

/** A ledger in the manner of Bitcoin, in memory: coins, each spent once by its owner. */
export interface Ledger {
  /** A coin from nowhere: somebody's deposit to a wallet. */
  fund(output: Output): Coin;
  coinsOf(script: Hex): readonly Coin[];
  coin(txHash: Hex, index: number): Coin | null;
  submit(transaction: Transaction): Taken;
  isTaken(hash: Hex): boolean;
  taken(): readonly Transaction[];
}

export function ledger(threshold: number): Ledger {
  const unspent = new Map<string, Coin>();
  const taken = new Map<Hex, Transaction>();
  let funded = 0;

  const add = (txHash: Hex, outputs: readonly Output[]): readonly Coin[] =>
    outputs.map((output, index) => {
      const coin = { ...output, txHash, index };
      unspent.set(nameOf(coin), coin);
      return coin;
    });
  const problem = ({ wallet, inputs, outputs, seats }: Transaction): Taken | null => {
    if (new Set(seats).size < threshold) return 'too-few-seats';
    if (new Set(inputs.map(nameOf)).size !== inputs.length) return 'input-spent';
    if (inputs.some((coin) => unspent.get(nameOf(coin))?.amount !== coin.amount)) return 'input-spent';
    if (inputs.some(({ script }) => script !== wallet)) return 'not-the-owner';
    return sum(outputs) > sum(inputs) ? 'too-much' : null;
  };

  return {
    fund: (output) => {
      funded += 1;
      const [coin] = add(digest(`funding ${funded}`), [output]);
      if (coin === undefined) throw new Error('one output makes one coin');
      return coin;
    },
    coinsOf: (script) => [...unspent.values()].filter((coin) => coin.script === script),
    coin: (txHash, index) => unspent.get(nameOf({ txHash, index })) ?? null,
    submit: (transaction) => {
      const hash = hashOf(transaction);
      if (taken.has(hash)) return 'known';
      const wrong = problem(transaction);
      if (wrong !== null) return wrong;
      for (const coin of transaction.inputs) unspent.delete(nameOf(coin));
      add(hash, transaction.outputs);
      taken.set(hash, transaction);
      return 'taken';
    },
    isTaken: (hash) => taken.has(hash),
    taken: () => [...taken.values()],
  };
}

/** The effect of a transaction, for any signer. */
export function hashOf({ inputs, outputs }: Transaction): Hex {
  const parts = [...inputs.map(nameOf), ...outputs.map(({ script, amount }) => `${script}=${amount}`)];
  return digest(parts.join(','));
}

export function sum(outputs: readonly Output[]): bigint {
  return outputs.reduce((total, { amount }) => total + amount, 0n);
}

function nameOf({ txHash, index }: Pick<Coin, 'txHash' | 'index'>): string {
  return `${txHash}:${index}`;
}

function digest(text: string): Hex {
  return createHash('sha256').update(text).digest('hex');
}
