import { createHash } from 'node:crypto';
import { hexOf } from '@watchbill/chain';
import { encodeCall, type Json, runtimeViews, signedExtrinsic } from '@watchbill/chain/extrinsics';
import { keyFromSecret, type SigningKey } from '@watchbill/chain/keys';
import { devKey } from '@watchbill/testkit';
import type { ChopsticksChain } from '@watchbill/testkit/chopsticks';

/** An account of a test: its secret follows from its name. */
export interface Account {
  /** `0x…`, the public key. */
  readonly key: string;
  readonly secret: Uint8Array;
  readonly signer: SigningKey;
}

export function account(name: string): Account {
  const secret = Uint8Array.from(createHash('sha256').update(`watchbill test ${name}`).digest());
  const signer = keyFromSecret('sr25519', secret);
  return { key: hexOf(signer.publicKey), secret, signer };
}

/** Validators of every chain here. */
export const VALIDATORS = (['Alice', 'Bob'] as const).map((name) => `0x${devKey(name).stash}`);

/** The sr25519 mini-secret of `//Alice`, known to everybody: she has sudo. */
const ALICE_SECRET = 'e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a';
export const ALICE: Account = {
  key: `0x${devKey('Alice').sr25519}`,
  secret: Buffer.from(ALICE_SECRET, 'hex'),
  signer: keyFromSecret('sr25519', Uint8Array.from(Buffer.from(ALICE_SECRET, 'hex'))),
};

/** Whole units of money of the chains here. */
export const UNIT = 10n ** 12n;

/** Gives accounts money, out of nothing. */
export async function fund(chain: ChopsticksChain, accounts: readonly Account[], units = 100_000n) {
  const entries = accounts.map(({ key }) => [[key], { providers: 1, data: { free: String(units * UNIT) } }]);
  await chain.setStorage({ System: { Account: entries } });
}

export type Call = readonly [pallet: string, call: string, args: Json];

const views = runtimeViews();

export interface Signing {
  readonly nonce: number;
}

/** A signed extrinsic on the newest block, as hex. */
export async function signed(
  chain: ChopsticksChain,
  { signer }: Account,
  [pallet, call, args]: Call,
  { nonce }: Signing,
): Promise<string> {
  const { node } = chain;
  const birthHash = await node.call<string>('chain_getFinalizedHead');
  const birth = BigInt((await node.call<{ number: string }>('chain_getHeader', [birthHash])).number);
  const view = await views.at(node, birthHash);
  const written = encodeCall(view.metadata, pallet, call, args);
  if (written.result === 'refused') throw new Error(`${pallet}.${call}: ${written.detail}`);
  const made = signedExtrinsic({
    metadata: view.metadata,
    call: written.bytes,
    signer,
    nonce,
    tip: 0n,
    era: { birth, period: 64 },
    birthHash,
    genesis: await node.call<string>('chain_getBlockHash', [0]),
    specVersion: view.specVersion,
    transactionVersion: view.transactionVersion,
  });
  if (made.result === 'refused') throw new Error(made.detail);
  return hexOf(made.bytes);
}
