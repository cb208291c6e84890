import { NodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { publicKeyOfAddress } from '../scale/ss58.ts';
import { safeCount } from './numbers.ts';

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
  const answer = await node.call('babe_epochAuthorship');
  if (typeof answer !== 'object' || answer === null) throw malformed();
  return new Map(
    Object.entries(answer).map(([address, slots]) => [publicKeyOfAddress(address), readSlots(slots)]),
  );
}

function readSlots(value: unknown): DueSlots {
  if (typeof value !== 'object' || value === null) throw malformed();
  const {
    primary,
    secondary,
    secondary_vrf: secondaryVrf,
  } = value as Readonly<Record<string, unknown>> & RawSlots;
  return { primary: rising(primary), secondary: rising(secondary), secondaryVrf: rising(secondaryVrf) };
}

interface RawSlots {
  readonly primary?: unknown;
  readonly secondary?: unknown;
  readonly secondary_vrf?: unknown;
}

function rising(value: unknown): readonly bigint[] {
  if (!Array.isArray(value)) throw malformed();
  return value
    .map((slot) => safeCount(slot, 'a due slot'))
    .sort((a, b) => a - b)
    .map(BigInt);
}

function malformed(): NodeFault {
  return new NodeFault('malformed', 'the node sent an epoch authorship that cannot be read');
}
