import { finalizedHead, hexOf } from '@watchbill/chain';
import {
  addressOfAccount,
  blake2Hash,
  blockBody,
  blockHashAt,
  readExtrinsic,
  readStorage,
  runtimeViews,
} from '@watchbill/chain/extrinsics';
import { type NodeNetwork, type RunningNode, startNodeNetwork } from '@watchbill/testkit';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';

const SS58_PREFIX = 42;
const views = runtimeViews();

/** Two validators with blocks of a second, not started: neither finalises anything without the other. */
export async function newChain(folder: string): Promise<NodeNetwork> {
  return startNodeNetwork({
    binary: nodeBinary(),
    spec: specFile('2', folder),
    nodes: [
      { name: 'alice', keys: [{ suri: '//Alice' }] },
      { name: 'bob', keys: [{ suri: '//Bob' }] },
    ],
    start: false,
    args: ['--gossip-duration-ms', '250'],
  });
}

export function addressOf(account: Uint8Array): string {
  return addressOfAccount(account, SS58_PREFIX);
}

/** Extrinsics of an account in all finalised blocks. */
export async function extrinsicsOf(
  { rpc }: RunningNode,
  account: Uint8Array,
): Promise<readonly { readonly height: string; readonly hash: string }[]> {
  const found: { readonly height: string; readonly hash: string }[] = [];
  const head = BigInt((await finalizedHead(rpc)).number);
  for (let height = 1n; height <= head; height += 1n) {
    const body = await blockBody(rpc, (await blockHashAt(rpc, height)) ?? '');
    const { metadata } = await views.at(rpc, body.parentHash);
    for (const bytes of body.extrinsics) {
      const author = readExtrinsic(metadata, bytes)?.author?.account;
      if (author !== undefined && hexOf(author) === hexOf(account))
        found.push({ height: `${height}`, hash: blake2Hash(bytes) });
    }
  }
  return found;
}

/** What an account has at the finalised head, in planck. */
export async function balanceOf({ rpc }: RunningNode, account: Uint8Array): Promise<bigint> {
  const { hash } = await finalizedHead(rpc);
  const { metadata } = await views.at(rpc, hash);
  const read = await readStorage(rpc, metadata, ['System', 'Account'], [addressOf(account)], hash);
  if (read.result === 'empty') return 0n;
  if (read.result !== 'value') throw new Error('this chain has no accounts');
  return BigInt((read.value as { readonly data: { readonly free: string } }).data.free);
}
