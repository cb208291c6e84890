import { randomUUID } from 'node:crypto';
import { Fault, usageFault } from '@watchbill/kit';
import type { Graph, Place, PlaceRead, PlanProblem } from '../../file/index.ts';
import { changedTrait, type MachineTraits } from '../apply/machine-traits.ts';
import {
  isEmptyOf,
  type Memory,
  type MemoryLine,
  nameBeside,
  placesElsewhere,
  type RememberedPlace,
  sameRemembered,
} from '../apply/memory.ts';
import type { SavedPlace } from '../apply/saved-plan.ts';
import type { FleetPorts } from './fleet-ports.ts';

/** Places with objects of the network that the file does not name, or names for something else. */
export interface PastPlaces {
  readonly places: readonly SavedPlace[];
  readonly identities: Readonly<Record<string, string>>;
  readonly traits: Readonly<Record<string, MachineTraits>>;
  readonly reads: readonly PlaceRead[];
  /** Places that cannot be read. */
  readonly problems: readonly PlanProblem[];
  readonly notes: readonly string[];
}

export interface PastSettings {
  readonly memory: Memory;
  readonly graph: Pick<Graph, 'network' | 'places'>;
  /** Of the places of the file. */
  readonly identities: Readonly<Record<string, string>>;
  /** Names of places that a person says are gone. */
  readonly forget: readonly string[];
  readonly onForget: (event: PlaceForgotten) => void;
  readonly signal: AbortSignal;
}

/**
 * A person gave up a place, and no operation asks it again: a signer that still runs there would sign beside
 * its successor.
 */
export interface PlaceForgotten {
  readonly kind: 'place-forgotten';
  readonly place: string;
  /** How it was reached, for example `context fra, namespace net`. */
  readonly where: string;
}

type PastPorts = Pick<FleetPorts, 'memory' | 'openTargets'>;

type Looked =
  | {
      readonly kind: 'has';
      readonly read: PlaceRead & { readonly ok: true };
      readonly traits: MachineTraits | undefined;
    }
  | { readonly kind: 'empty' }
  | { readonly kind: 'unseen'; readonly reason: 'unreachable' | 'forbidden'; readonly detail: string };

/**
 * Looks at every remembered place that the file does not name. An empty place is forgotten.
 */
export async function lookAtPastPlaces(ports: PastPorts, settings: PastSettings): Promise<PastPlaces> {
  const { graph, memory, identities } = settings;
  const remembered = await forgetNamed(ports, settings, placesElsewhere(memory, graph.places, identities));
  const taken = new Set(graph.places.map(({ name }) => name));
  const named = remembered.map((one) => {
    const name = nameBeside(one.place.name, taken);
    taken.add(name);
    return { one, place: asSaved(one.place, name) };
  });
  const looked = await Promise.all(
    named.map(async ({ one, place }) => ({ one, place, found: await look(ports, settings, one, place) })),
  );
  await forgetEmpty(
    ports,
    settings,
    looked.filter(({ found }) => found.kind === 'empty').map(({ one }) => one),
  );
  const has = looked.flatMap(({ one, place, found }) =>
    found.kind === 'has' ? [{ one, place, ...found }] : [],
  );
  return {
    places: has.map(({ place }) => place),
    identities: Object.fromEntries(has.map(({ one, place }) => [place.name, one.identity])),
    traits: Object.fromEntries(
      has.flatMap(({ place, traits }) => (traits === undefined ? [] : [[place.name, traits]])),
    ),
    reads: has.map(({ read }) => read),
    problems: looked.flatMap(({ one, place, found }) =>
      found.kind === 'unseen' ? [unseen(one.place, place.name, found.reason, found.detail)] : [],
    ),
    notes: has.map(
      ({ one, place }) =>
        `${place.name} (${whereText(one.place)}) is not in the file any more; the objects of the network there are removed.`,
    ),
  };
}

function asSaved(place: Place, name: string): SavedPlace {
  return name === place.name ? place : { ...place, name, formerName: place.name };
}

async function look(
  { openTargets }: PastPorts,
  { graph, signal }: PastSettings,
  { identity, traits }: RememberedPlace,
  place: SavedPlace,
): Promise<Looked> {
  const unreachable = (detail: string): Looked => ({ kind: 'unseen', reason: 'unreachable', detail });
  const opened = await openTargets(graph.network, [place], false).catch((error: unknown) => {
    if (error instanceof Fault) return error;
    throw error;
  });
  if (opened instanceof Fault) return unreachable(opened.message);
  try {
    const target = opened.byPlace.get(place.name);
    const found = await target?.identity(signal);
    if (target === undefined || found === undefined) return unreachable('it is not known here');
    if (!found.ok) return { kind: 'unseen', reason: found.reason, detail: found.detail };
    if (found.identity !== identity)
      return unreachable(`${found.identity} answers there, and the place was ${identity}`);
    const changed = changedTrait(traits, found.traits);
    if (changed !== null)
      return unreachable(
        `a machine with its machine id answers there, a copy or one with its disk: it has ${changed}. If it is the one with the disk, name it in the file again`,
      );
    const read = await target.read(graph.network, [], [], signal);
    if (!read.ok) return { kind: 'unseen', reason: read.reason, detail: read.detail };
    if (isEmptyOf(graph.network, read.state.live)) return { kind: 'empty' };
    return { kind: 'has', read, traits: found.traits };
  } finally {
    opened.close();
  }
}

/**
 * Forgets the places that a person gave up: no node runs there any more. A place that the file names cannot
 * be forgotten.
 */
async function forgetNamed(
  ports: PastPorts,
  settings: PastSettings,
  elsewhere: readonly RememberedPlace[],
): Promise<readonly RememberedPlace[]> {
  const { forget, onForget } = settings;
  for (const name of forget)
    if (!elsewhere.some(({ place }) => place.name === name))
      throw usageFault(
        `${name} is not a place that is remembered and that the file no longer names`,
        elsewhere.length === 0
          ? 'leave --forget-place out'
          : `one of ${elsewhere.map(({ place }) => place.name).join(', ')}`,
        'flag --forget-place',
      );
  const gone = elsewhere.filter(({ place }) => forget.includes(place.name));
  for (const { place } of gone)
    onForget({ kind: 'place-forgotten', place: place.name, where: whereText(place) });
  await forgetEmpty(ports, settings, gone);
  return elsewhere.filter((one) => !gone.includes(one));
}

async function forgetEmpty(
  ports: PastPorts,
  { memory, graph }: Pick<PastSettings, 'memory' | 'graph'>,
  gone: readonly RememberedPlace[],
): Promise<void> {
  const ids = gone
    .flatMap(({ place, identity }) => sameRemembered(memory, place, identity))
    .map(({ id }) => id);
  if (ids.length > 0) await ports.memory.add(graph.network, [{ what: 'gone', ids }]);
}

function unseen(place: Place, name: string, code: 'unreachable' | 'forbidden', detail: string): PlanProblem {
  return {
    code,
    resourceId: name,
    what: `the network had objects at ${place.name} (${whereText(place)}), which the file no longer names, and it cannot be seen whether a signer still runs there: ${detail}`,
    remedy: `check that it can be reached, and plan again: the plan then removes the objects; if the place is gone for good with everything that ran there, add --forget-place ${place.name}`,
  };
}

function whereText(place: Place): string {
  if (place.target === 'machine') return `host ${place.host}`;
  return `context ${place.context ?? 'that was current'}, namespace ${place.namespace}`;
}

/**
 * Lines that the network has something at these places. They replace the older lines of the same places, and
 * keep their traits if the place shows none now.
 */
export function rememberLines(
  memory: Memory | null,
  places: readonly SavedPlace[],
  identities: Readonly<Record<string, string>>,
  traits: Readonly<Record<string, MachineTraits>> = {},
): readonly MemoryLine[] {
  return places.flatMap(({ formerName, ...place }): readonly MemoryLine[] => {
    const identity = identities[place.name];
    if (identity === undefined) return [];
    const before = memory === null ? [] : sameRemembered(memory, place, identity);
    const then: Place = { ...place, name: formerName ?? place.name };
    const known = traits[place.name] ?? before.findLast((one) => one.traits !== undefined)?.traits;
    return [
      { what: 'has', id: randomUUID(), place: then, identity, traits: known },
      ...(before.length === 0 ? [] : [{ what: 'gone', ids: before.map(({ id }) => id) } as const]),
    ];
  });
}
