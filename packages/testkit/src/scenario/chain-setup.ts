import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { finalizedHead, genesisHash, type NodeRpc } from '@watchbill/chain';
import {
  accountNonce,
  type ExtrinsicSigner,
  encodeCall,
  type Json,
  runtimeViews,
  type SignedExtrinsic,
  signedExtrinsic,
} from '@watchbill/chain/extrinsics';
import { localDoors } from '@watchbill/coordinate/actions';
import { type RunningNode, startNodeNetwork } from '@watchbill/testkit';
import { nodeBinary, specFile } from '@watchbill/testkit/scenario';

/** Mini-secrets of the development accounts, as `key inspect //NAME` prints them; known to everyone. */
const SECRETS = {
  Alice: 'e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a',
  Bob: '398f0c28f98885e046333d4a41c19cee4c37368a9832c6502f6cfd182e2aef89',
} as const;

export type Dev = keyof typeof SECRETS;

/** A key file as operators keep them. */
export function keyFile(folderPath: string, name: Dev): string {
  const file = join(folderPath, `${name}.key`);
  writeFileSync(file, `sr25519 0x${SECRETS[name]}\n`, { mode: 0o600 });
  return file;
}

/** The key in a file that goes at once. */
export function devSigner(name: Dev): ExtrinsicSigner {
  const path = mkdtempSync(join(tmpdir(), 'watchbill-key-'));
  try {
    return localDoors().key(keyFile(path, name));
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

/** A folder that goes with the test. */
export function folder(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'watchbill-actions-'));
  context.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** One real node that makes blocks and finality alone. */
export async function startChain(context: TestContext): Promise<RunningNode> {
  const network = await startNodeNetwork({
    binary: nodeBinary(),
    spec: specFile('1', folder(context)),
    nodes: [{ name: 'alice', keys: [{ suri: '//Alice' }] }],
    args: ['--force-authoring', '--gossip-duration-ms', '250'],
  });
  context.after(() => network.close());
  const node = network.node('alice');
  await node.untilFinalised(1);
  return node;
}

/** Finalised heights as they come, until `endMs` from now. */
export async function* finalisedHeights(node: NodeRpc, endMs: number): AsyncGenerator<bigint> {
  const end = performance.now() + endMs;
  let last = -1n;
  while (performance.now() < end) {
    const height = BigInt((await finalizedHead(node)).number);
    if (height > last) yield height;
    last = height;
    await sleep(150);
  }
}

/** The same for several who follow one chain: each gets every height that any of them got. */
export function sharedHeights(node: NodeRpc, endMs: number): () => AsyncGenerator<bigint> {
  const source = finalisedHeights(node, endMs);
  const items: Promise<IteratorResult<bigint>>[] = [];
  return async function* heights() {
    for (let index = 0; ; index += 1) {
      items[index] ??= source.next();
      const item = await items[index];
      if (item === undefined || item.done === true) return;
      yield item.value;
    }
  };
}

export const views = runtimeViews();

/** Signs a call for the account of a signer, mortal from the finalised head on. */
export async function signedCall(
  node: NodeRpc,
  signer: ExtrinsicSigner,
  [pallet, call, args]: readonly [string, string, Json],
): Promise<{
  readonly signed: SignedExtrinsic & { result: 'signed' };
  readonly nonce: number;
  readonly from: bigint;
}> {
  const head = await finalizedHead(node);
  const view = await views.at(node, head.hash);
  const written = encodeCall(view.metadata, pallet, call, args);
  if (written.result === 'refused') throw new Error(written.detail);
  const nonce = await accountNonce(node, signer.publicKey, head.hash);
  const signed = signedExtrinsic({
    ...view,
    call: written.bytes,
    signer,
    nonce,
    tip: 0n,
    era: { birth: BigInt(head.number), period: 64 },
    birthHash: head.hash,
    genesis: await genesisHash(node),
  });
  if (signed.result === 'refused') throw new Error(signed.detail);
  return { signed, nonce, from: BigInt(head.number) };
}
