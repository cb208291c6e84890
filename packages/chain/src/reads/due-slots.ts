import { z } from 'zod';
import type { NodeRpc } from '../rpc/port.ts';
import { publicKeyOfAddress } from '../scale/ss58.ts';
import { count, shaped } from './shape.ts';

const rising = z.array(count).transform((slots) => slots.sort((a, b) => a - b).map(BigInt));

const shape = z.record(
  z.string(),
  z
    .object({ primary: rising, secondary: rising, secondary_vrf: rising })
    .transform(({ primary, secondary, secondary_vrf: secondaryVrf }) => ({
      primary,
      secondary,
      secondaryVrf,
    })),
);

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
  return new Map(Object.entries(answer).map(([address, slots]) => [publicKeyOfAddress(address), slots]));
}
