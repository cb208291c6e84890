import { Blake2256 } from '@polkadot-api/substrate-bindings';
import { NodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { compactBytes, numberBytes } from '../scale/number-bytes.ts';
import { addressOfAccount } from './account.ts';
import { blockHashAt } from './block.ts';
import { type CallWriting, decodeCall, encodeCall } from './call.ts';
import { type DispatchResult, dispatchResult, eventsOf } from './dispatch.ts';
import type { CallWeight } from './fee.ts';
import { executedBlock, type SearchGround } from './find.ts';
import { blake2Hash } from './hash.ts';
import { type Json, jsonMember } from './json.ts';
import type { ChainMetadata } from './metadata.ts';
import { readStorage } from './storage.ts';

/** The accounts that share a multisig account, and how many of them a call needs. */
export interface MultisigOwners {
  /** In the order of their bytes. */
  readonly signatories: readonly Uint8Array[];
  readonly threshold: number;
}

/** The signatories in the order that the pallet wants. */
export function multisigOwners(signatories: readonly Uint8Array[], threshold: number): MultisigOwners {
  return { signatories: signatories.toSorted((a, b) => Buffer.compare(a, b)), threshold };
}

/** The account of `pallet_multisig`: blake2b of its prefix, the signatories and the threshold. */
export function multisigAccount({ signatories, threshold }: MultisigOwners): Uint8Array {
  const prefix = Buffer.from('modlpy/utilisuba', 'ascii');
  const count = compactBytes(BigInt(signatories.length));
  const number = numberBytes(BigInt(threshold), 2);
  return Blake2256(Buffer.concat([prefix, count, ...signatories, number]));
}

/** A call that some signatories approved. */
export interface OpenMultisig {
  readonly timepoint: Json;
  /** Their addresses. */
  readonly approvals: readonly string[];
}

/** The open operation of an account for a call; null if there is none. Throws a NodeFault. */
export async function openMultisig(
  node: NodeRpc,
  metadata: ChainMetadata,
  account: Uint8Array,
  callHash: string,
  block: string,
): Promise<OpenMultisig | null> {
  const keys = [addressOfAccount(account, metadata.ss58Prefix), callHash];
  const read = await readStorage(node, metadata, ['Multisig', 'Multisigs'], keys, block);
  if (read.result === 'no-such-item') throw new NodeFault('malformed', 'the runtime has no pallet Multisig');
  if (read.result === 'empty') return null;
  const approvals = jsonMember(read.value, 'approvals');
  return {
    timepoint: jsonMember(read.value, 'when') ?? null,
    approvals: Array.isArray(approvals) ? approvals.map(String) : [],
  };
}

export interface MultisigApproval {
  readonly owners: MultisigOwners;
  /** The signatory that approves. */
  readonly own: Uint8Array;
  /** Of the open operation; null opens one. */
  readonly timepoint: Json;
  readonly call: Uint8Array;
  readonly weight: CallWeight;
}

/** `Multisig.as_multi`: an approval with the call, which the last one that is needed executes. */
export function asMultiCall(metadata: ChainMetadata, approval: MultisigApproval): CallWriting {
  const { owners, own, timepoint, weight } = approval;
  const read = decodeCall(metadata, approval.call);
  if (read.result === 'refused') return read;
  const others = owners.signatories.filter((each) => Buffer.compare(each, own) !== 0);
  return encodeCall(metadata, 'Multisig', 'as_multi', {
    threshold: owners.threshold,
    other_signatories: others.map((each) => addressOfAccount(each, metadata.ss58Prefix)),
    maybe_timepoint: timepoint,
    call: read.call.value,
    max_weight: { ref_time: `${weight.refTime}`, proof_size: `${weight.proofSize}` },
  });
}

/** A call that a multisig account made. */
export interface ExecutedMultisig {
  readonly block: string;
  readonly height: bigint;
  /** Of the extrinsic with the last approval. */
  readonly hash: string;
  readonly dispatch: DispatchResult | null;
}

/**
 * The first block from `from` to `to` (both included) in which the account made the call; null if none did.
 * Throws a NodeFault, also for a block or events that the node does not have.
 */
export async function findMultisigCall(
  ground: SearchGround,
  { account, callHash }: { readonly account: Uint8Array; readonly callHash: string },
  from: bigint,
  to: bigint,
): Promise<ExecutedMultisig | null> {
  const { node } = ground;
  for (let height = from > 1n ? from : 1n; height <= to; height += 1n) {
    ground.signal?.throwIfAborted();
    const block = await blockHashAt(node, height);
    if (block === null) throw new NodeFault('refused', `the node has no block ${height}`);
    const { metadata, extrinsics } = await executedBlock(ground, block);
    const events = await readStorage(node, metadata, ['System', 'Events'], [], block);
    const all = events.result === 'value' ? events.value : null;
    const address = addressOfAccount(account, metadata.ss58Prefix);
    const index = eventsOf(all).find(
      ({ name, data }) =>
        name === 'Multisig.MultisigExecuted' &&
        jsonMember(data, 'multisig') === address &&
        jsonMember(data, 'call_hash') === callHash,
    )?.extrinsic;
    const bytes = extrinsics[index ?? -1];
    if (typeof index === 'number' && bytes !== undefined)
      return { block, height, hash: blake2Hash(bytes), dispatch: dispatchResult(all, index) };
  }
  return null;
}
