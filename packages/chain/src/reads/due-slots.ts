import type { NodeRpc } from '../rpc/port.ts';
import { publicKeyOfAddress } from '../scale/ss58.ts';
import { count, fields, listOf, recordOf, shaped } from './shape.ts';

const slots = listOf(count);
const shape = recordOf(fields({ primary: slots, secondary: slots, secondary_vrf: slots }));

/** The slots of the present epoch that one key may author in, each list rising. */
export interface DueSlots {
  readonly primary: readonly bigint[];
  /**
   * The key is the secondary author: it authors if no primary author does, and loses against one that does.
   */
  readonly secondary: readonly bigint[];
  readonly secondaryVrf: readonly bigint[];
}

/**
 * Due slots by public BABE key (`0x…`), for the keys in the node's keystore, from `babe_epochAuthorship`. The
 * node allows it with `--rpc-methods unsafe` only, and reads its key files many hundred times for it: never
 * call this on a validator that signs.
 */
export async function dueSlots(node: NodeRpc): Promise<ReadonlyMap<string, DueSlots>> {
  const answer = shaped(shape, await node.call('babe_epochAuthorship'), 'an epoch authorship');
  const rising = (list: readonly number[]) => list.toSorted((a, b) => a - b).map(BigInt);
  return new Map(
    Object.entries(answer).map(([address, { primary, secondary, secondary_vrf: vrf }]) => [
      publicKeyOfAddress(address),
      { primary: rising(primary), secondary: rising(secondary), secondaryVrf: rising(vrf) },
    ]),
  );
}
