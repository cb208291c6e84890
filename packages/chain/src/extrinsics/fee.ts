import { NodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { bytesOfHex, hexOf } from '../scale/hex.ts';
import { readWhole } from '../scale/reader.ts';

const FEE_BYTES = 16;
const CLASSES = 3;
/** A weight is one number of 8 bytes, or two compact ones of at least a byte each. */
const SHORTEST_WEIGHT_BYTES = 2;
const LONGEST_WEIGHT_BYTES = 18;

/**
 * The fee of an extrinsic in the state of a block without its tip, in planck, by the runtime itself. The
 * signature need not be valid. Throws a NodeFault.
 */
export async function extrinsicFee(node: NodeRpc, extrinsic: Uint8Array, block: string): Promise<bigint> {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(extrinsic.length);
  const asked = `${hexOf(extrinsic)}${length.toString('hex')}`;
  const answer = await node.call('state_call', ['TransactionPaymentApi_query_info', asked, block]);
  return feeOf(Buffer.from(bytesOfHex(answer, 'the fee')));
}

/** The weight of a call. */
export interface CallWeight {
  readonly refTime: bigint;
  readonly proofSize: bigint;
}

/** The weight of a call in the state of a block, by the runtime itself. Throws a NodeFault. */
export async function callWeight(node: NodeRpc, call: Uint8Array, block: string): Promise<CallWeight> {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(call.length);
  const asked = `${hexOf(call)}${length.toString('hex')}`;
  const answer = await node.call('state_call', ['TransactionPaymentCallApi_query_call_info', asked, block]);
  const info = bytesOfHex(answer, 'the weight');
  const weight = info.subarray(0, Math.max(0, info.length - 1 - FEE_BYTES));
  return readWhole(
    weight,
    (source) => ({ refTime: source.compact(), proofSize: source.compact() }),
    'the weight',
  );
}

/** `RuntimeDispatchInfo`: the weight, whose form has changed, then the class and the fee, which have not. */
function feeOf(info: Buffer): bigint {
  const weightBytes = info.length - 1 - FEE_BYTES;
  const isWeight = weightBytes >= SHORTEST_WEIGHT_BYTES && weightBytes <= LONGEST_WEIGHT_BYTES;
  if (!isWeight || (info[weightBytes] ?? CLASSES) >= CLASSES)
    throw new NodeFault('malformed', 'the node sent a fee that cannot be read');
  return BigInt(`0x${Buffer.from(info.subarray(-FEE_BYTES)).reverse().toString('hex')}`);
}
