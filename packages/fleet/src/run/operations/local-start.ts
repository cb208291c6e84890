import type { FleetMemory } from './fleet-ports.ts';

/** Why a network must not run on this machine. */
export interface LocalRefusal {
  readonly what: string;
  readonly remedy: string;
}

/**
 * Whether, by the memory of the fleet, a network runs in a place: nodes on this machine would have the same
 * names and keys. Null if it does not.
 */
export async function livesElsewhere(
  { where, remembered }: Pick<FleetMemory, 'where' | 'remembered'>,
  network: string,
): Promise<LocalRefusal | null> {
  const { place } = (await remembered(network))?.places.at(-1) ?? {};
  if (place === undefined) return null;
  const at = place.target === 'machine' ? place.host : `namespace ${place.namespace}`;
  return {
    what: `the network ${network} runs on ${place.name} (${at}), according to the memory in ${where}`,
    remedy:
      'remove it there first with `watchbill fleet nodes down`; or copy the file to another folder, with another name of the network',
  };
}
