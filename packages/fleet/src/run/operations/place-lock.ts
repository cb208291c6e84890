import type { Place } from '../../file/index.ts';
import type { IdentifiedTarget } from '../apply/identity.ts';
import { placeKey } from '../apply/same-place.ts';
import { type Confirm, type LockWishes, underNetworkLock } from './change-lock.ts';
import type { FleetPorts } from './fleet-ports.ts';
import type { LockPlace } from './lock-place.ts';
import { placeFault } from './targets.ts';

export interface PlaceLockInput extends LockWishes {
  /** Name of the network. */
  readonly network: string;
  /** The place that changes. */
  readonly place: Place;
  /** Other places of the network that are locked if they answer. */
  readonly beside?: readonly Place[];
  readonly work: string;
  readonly isSigning: boolean;
  readonly signal: AbortSignal;
}

/**
 * Holds the lock of a network while a command changes one of its places. Throws a Fault if that place does
 * not answer, or if another process holds the lock.
 */
export async function underPlaceLock<Value>(
  ports: Omit<FleetPorts, 'memory'>,
  input: PlaceLockInput,
  work: (confirm: Confirm) => Promise<Value>,
): Promise<Value> {
  const { network, place, beside = [] } = input;
  const others = beside.filter(({ name }) => name !== place.name);
  const targets = await ports.openTargets(network, [place, ...others], false);
  try {
    const found = await Promise.all([...targets.byPlace.values()].map((one) => lockPlace(one, input)));
    const places = found.filter((one) => one !== null);
    return await underNetworkLock(ports, { ...input, places }, work);
  } finally {
    targets.close();
  }
}

/** Null for another place that does not answer: the result of the command says that it was not compared. */
async function lockPlace(
  target: IdentifiedTarget,
  { network, place, signal }: PlaceLockInput,
): Promise<LockPlace | null> {
  const { name } = target.place;
  const found = await target.identity(signal);
  if (!found.ok) {
    if (name === place.name) throw placeFault(name, found.reason, found.detail);
    return null;
  }
  // Clones share an identity, and each has a lock.
  const order = `${placeKey(target.place, found.identity)} ${name}`;
  return { name, order, records: target.shared(network) };
}
