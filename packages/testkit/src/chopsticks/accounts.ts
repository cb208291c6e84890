import { createHash } from 'node:crypto';
import { hexOf } from '@watchbill/chain';
import {
  encodeCall,
  type Json,
  type RuntimeView,
  runtimeViews,
  signedExtrinsic,
} from '@watchbill/chain/extrinsics';
import { keyFromSecret, type SigningKey } from '@watchbill/chain/keys';
import type { ChopsticksChain } from './chain.ts';

/** An account of a development chain. Its secret follows from its name, so it is public. */
export interface Account {
  /** `0x…`, the public key. */
  readonly key: string;
  readonly secret: Uint8Array;
  readonly signer: SigningKey;
}

export function account(name: string): Account {
  return accountOfSecret(createHash('sha256').update(`watchbill test ${name}`).digest());
}

/** The account of an sr25519 mini-secret. */
export function accountOfSecret(bytes: Uint8Array): Account {
  const secret = Uint8Array.from(bytes);
  const signer = keyFromSecret('sr25519', secret);
  return { key: hexOf(signer.publicKey), secret, signer };
}

/** Whole units of money of the chains here. */
export const UNIT = 10n ** 12n;

/** Creates money in accounts. */
export async function fund(chain: ChopsticksChain, accounts: readonly Account[], units = 100_000n) {
  const entries = accounts.map(({ key }) => [[key], { providers: 1, data: { free: String(units * UNIT) } }]);
  await chain.setStorage({ System: { Account: entries } });
}

export type Call = readonly [pallet: string, call: string, args: Json];

const views = runtimeViews();

export interface Signing {
  readonly nonce: number;
}

/** The chain data that every extrinsic on one block needs. */
export interface SigningGround extends Pick<RuntimeView, 'metadata' | 'specVersion' | 'transactionVersion'> {
  readonly birth: bigint;
  readonly birthHash: string;
  readonly genesis: string;
}

/** That of the newest block. */
export async function signingGround({ node }: Pick<ChopsticksChain, 'node'>): Promise<SigningGround> {
  const birthHash = await node.call<string>('chain_getFinalizedHead');
  const birth = BigInt((await node.call<{ number: string }>('chain_getHeader', [birthHash])).number);
  const { metadata, specVersion, transactionVersion } = await views.at(node, birthHash);
  const genesis = await node.call<string>('chain_getBlockHash', [0]);
  return { metadata, specVersion, transactionVersion, birth, birthHash, genesis };
}

/** A signed extrinsic on the newest block, as hex. */
export async function signed(
  chain: Pick<ChopsticksChain, 'node'>,
  who: Account,
  call: Call,
  signing: Signing,
): Promise<string> {
  return signedOn(await signingGround(chain), who, call, signing);
}

/** The same on a block whose chain data is known already. */
export function signedOn(
  { birth, ...ground }: SigningGround,
  { signer }: Account,
  [pallet, call, args]: Call,
  { nonce }: Signing,
): string {
  const written = encodeCall(ground.metadata, pallet, call, args);
  if (written.result === 'refused') throw new Error(`${pallet}.${call}: ${written.detail}`);
  const era = { birth, period: 64 };
  const made = signedExtrinsic({ ...ground, call: written.bytes, signer, nonce, tip: 0n, era });
  if (made.result === 'refused') throw new Error(made.detail);
  return hexOf(made.bytes);
}
