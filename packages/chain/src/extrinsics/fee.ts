import { NodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { bytesOfHex, hexOf } from '../scale/hex.ts';
import { littleEndian, numberBytes } from '../scale/number-bytes.ts';
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
  return (await dispatchInfo(node, 'TransactionPaymentApi_query_info', extrinsic, block)).fee;
}

/** The weight of a call. */
export interface CallWeight {
  readonly refTime: bigint;
  readonly proofSize: bigint;
}

/** The weight of a call in the state of a block, by the runtime itself. Throws a NodeFault. */
export async function callWeight(node: NodeRpc, call: Uint8Array, block: string): Promise<CallWeight> {
  const { weight } = await dispatchInfo(node, 'TransactionPaymentCallApi_query_call_info', call, block);
  return readWhole(
    weight,
    (source) => ({ refTime: source.compact(), proofSize: source.compact() }),
    'the weight of a call',
  );
}

/** `RuntimeDispatchInfo`: the weight, whose form has changed, then the class and the fee, which have not. */
async function dispatchInfo(
  node: NodeRpc,
  api: string,
  bytes: Uint8Array,
  block: string,
): Promise<{ readonly weight: Uint8Array; readonly fee: bigint }> {
  const asked = hexOf(Buffer.concat([bytes, numberBytes(BigInt(bytes.length), 4)]));
  const info = bytesOfHex(await node.call('state_call', [api, asked, block]), 'the fee');
  const weightBytes = info.length - 1 - FEE_BYTES;
  const isWeight = weightBytes >= SHORTEST_WEIGHT_BYTES && weightBytes <= LONGEST_WEIGHT_BYTES;
  if (!isWeight || (info[weightBytes] ?? CLASSES) >= CLASSES)
    throw new NodeFault('malformed', 'the node sent a fee that cannot be read');
  return { weight: info.subarray(0, weightBytes), fee: littleEndian(info.subarray(-FEE_BYTES)) };
}
