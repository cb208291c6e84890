import type { PlaceRead, Plan } from '../../file/index.ts';
import { type LiveResource, mergedLive } from '../../file/live/index.ts';
import { keysInProcesses } from '../apply/keys-in-processes.ts';
import { mayBeginKeys } from '../apply/world.ts';
import type { FleetPorts, Targets } from './fleet-ports.ts';
import type { PastPlaces } from './past-places.ts';

export interface AskedPlaces {
  readonly network: string;
  /** Places of the file. */
  readonly targets: Targets;
  readonly reads: readonly PlaceRead[];
  /** Places that the file no longer names. They are opened again if a process there is to be asked. */
  readonly past: Pick<PastPlaces, 'places' | 'reads'>;
}

/**
 * Makes a plan. If it begins to use keys, running signers are asked for them, and the plan is made again with
 * the keys that they have. Most plans begin none, and ask no process. Throws a Fault if a place cannot be
 * opened.
 */
export async function planAsking(
  { openTargets }: Pick<FleetPorts, 'openTargets'>,
  { network, targets, reads, past }: AskedPlaces,
  signal: AbortSignal,
  make: (reads: readonly PlaceRead[]) => Plan,
): Promise<{ readonly plan: Plan; readonly notes: readonly string[] }> {
  const all = [...reads, ...past.reads];
  const plan = make(all);
  const begun = plan.steps.flatMap((step) =>
    mayBeginKeys(step) && step.resource !== null ? [step.resource] : [],
  );
  if (begun.length === 0) return { plan, notes: [] };
  const live = mergedLive(all.flatMap((read) => (read.ok ? [read.state.live] : [])));
  const left = past.places.length === 0 ? null : await openTargets(network, past.places, false);
  try {
    const byPlace = new Map([...targets.byPlace, ...(left?.byPlace ?? [])]);
    const { stores, notes } = await keysInProcesses(byPlace, begun, live, signal);
    return { plan: stores.length === 0 ? plan : make(all.map((read) => withStores(read, stores))), notes };
  } finally {
    left?.close();
  }
}

function withStores(read: PlaceRead, stores: readonly LiveResource[]): PlaceRead {
  if (!read.ok) return read;
  const { state } = read;
  const own = stores.filter(({ place }) => place === state.place);
  const live = new Map([...state.live, ...own.map((one) => [one.id, one] as const)]);
  return { ok: true, state: { ...state, live } };
}
