import type { PlaceRead, Plan } from '@watchbill/fleet';
import type { LiveResource } from '@watchbill/fleet/live';
import { keysInProcesses } from '../apply/keys-in-processes.ts';
import { mayBeginKeys } from '../apply/world.ts';
import type { Targets } from './ports.ts';

/**
 * Makes a plan. If it begins to use keys, running signers are asked for them, and the plan is made again with
 * the keys that they have. Most plans begin none, and ask no process.
 */
export async function planAsking(
  { byPlace }: Targets,
  reads: readonly PlaceRead[],
  signal: AbortSignal,
  make: (reads: readonly PlaceRead[]) => Plan,
): Promise<{ readonly plan: Plan; readonly notes: readonly string[] }> {
  const plan = make(reads);
  const begun = plan.steps.flatMap((step) =>
    mayBeginKeys(step) && step.resource !== null ? [step.resource] : [],
  );
  const live = new Map(reads.flatMap((read) => (read.ok ? [...read.state.live] : [])));
  const { stores, notes } = await keysInProcesses(byPlace, begun, live, signal);
  return { plan: stores.length === 0 ? plan : make(reads.map((read) => withStores(read, stores))), notes };
}

function withStores(read: PlaceRead, stores: readonly LiveResource[]): PlaceRead {
  if (!read.ok) return read;
  const { state } = read;
  const own = stores.filter(({ place }) => place === state.place);
  return {
    ok: true,
    state: { ...state, live: new Map([...state.live, ...own.map((one) => [one.id, one] as const)]) },
  };
}
