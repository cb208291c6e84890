import type { Place } from '@watchbill/fleet/graph';
import type { LiveResource } from '@watchbill/fleet/live';
import { keyUsers } from '@watchbill/fleet/signers';
import { z } from 'zod';
import { placeKey } from './same-place.ts';

/** A place in which a network has or had objects. */
export interface RememberedPlace {
  /**
   * Identifies this line. An entry that forgets a place names it, so that an older look cannot forget a later
   * entry.
   */
  readonly id: string;
  readonly place: Place;
  /** The uid of the cluster or the id of the machine. */
  readonly identity: string;
}

/** A plan that was begun. `journal` distinguishes plans with equal steps. */
export interface BegunPlan {
  readonly plan: string;
  readonly journal: string;
  readonly atMs: number;
}

/** The memory of one network, stored beside its plans on the machine that made them. */
export interface Memory {
  readonly places: readonly RememberedPlace[];
  readonly begun: readonly BegunPlan[];
  /** Journals of plans that a person gave up. */
  readonly abandoned: readonly string[];
}

const PLACE = z.discriminatedUnion('target', [
  z.object({
    target: z.literal('kubernetes'),
    name: z.string(),
    context: z.string().nullable(),
    namespace: z.string(),
  }),
  z.object({
    target: z.literal('machine'),
    name: z.string(),
    host: z.string(),
    port: z.number(),
    user: z.string(),
  }),
]);

const LINE = z.discriminatedUnion('what', [
  z.object({ what: z.literal('memory'), format: z.literal('watchbill/memory/1'), network: z.string() }),
  z.object({ what: z.literal('has'), id: z.string(), place: PLACE, identity: z.string() }),
  z.object({ what: z.literal('gone'), ids: z.array(z.string()).readonly() }),
  z.object({ what: z.literal('begun'), plan: z.string(), journal: z.string(), atMs: z.number() }),
  z.object({ what: z.literal('abandoned'), journal: z.string() }),
]);
/** Lines are only appended, so that two commands that write at once lose none. */
export type MemoryLine = z.infer<typeof LINE>;

export type ReadMemory =
  | { readonly ok: true; readonly memory: Memory }
  | { readonly ok: false; readonly detail: string };

/**
 * Reads a memory, line by line. An unreadable line may have named a place, so then the whole memory is
 * unknown.
 */
export function readMemory(text: string, network: string): ReadMemory {
  const places = new Map<string, RememberedPlace>();
  const begun: BegunPlan[] = [];
  const abandoned: string[] = [];
  for (const [at, raw] of text.split('\n').entries()) {
    if (raw === '') continue;
    const line = lineOf(raw);
    if (line === null) return { ok: false, detail: `line ${at + 1} is damaged` };
    if (line.what === 'memory' && line.network !== network)
      return { ok: false, detail: `it is of the network ${line.network}, not of ${network}` };
    if (line.what === 'has') places.set(line.id, line);
    if (line.what === 'gone') for (const id of line.ids) places.delete(id);
    if (line.what === 'begun') begun.push(line);
    if (line.what === 'abandoned') abandoned.push(line.journal);
  }
  return { ok: true, memory: { places: [...places.values()], begun, abandoned } };
}

function lineOf(raw: string): MemoryLine | null {
  try {
    return LINE.safeParse(JSON.parse(raw)).data ?? null;
  } catch {
    return null;
  }
}

/**
 * The remembered places that none of these is, whatever they are called: those that a network file does not
 * name any more.
 */
export function placesElsewhere(
  memory: Memory,
  places: readonly Place[],
  identities: Readonly<Record<string, string>>,
): readonly RememberedPlace[] {
  const known = new Set(places.map((place) => placeKey(place, identities[place.name] ?? null)));
  const found = new Map<string, RememberedPlace>();
  for (const one of memory.places) {
    const key = placeKey(one.place, one.identity);
    // The last record has the current address.
    if (!known.has(key)) found.set(key, one);
  }
  return [...found.values()];
}

/** A unique name for a remembered place, next to those of the file. */
export function nameBeside(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let number = 1; ; number++) {
    const other = `${name}-before${number === 1 ? '' : `-${number}`}`;
    if (!taken.has(other)) return other;
  }
}

/**
 * The plan that was begun after this one was made, so that this one's inputs are outdated. Null if there is
 * none.
 */
export function begunSince(
  begun: readonly BegunPlan[],
  saved: { readonly madeAtMs: number },
  journal: string,
): BegunPlan | null {
  return begun.find((one) => one.journal !== journal && one.atMs >= saved.madeAtMs) ?? null;
}

/** Ids of all records of this place: each run that changes an object there appends one. */
export function sameRemembered(memory: Memory, place: Place, identity: string): readonly string[] {
  const key = placeKey(place, identity);
  return memory.places.filter((one) => placeKey(one.place, one.identity) === key).map(({ id }) => id);
}

/** Whether a place has no object of a network that a plan would remove, and no signer. */
export function isEmptyOf(network: string, live: ReadonlyMap<string, LiveResource>): boolean {
  const isOurs = (one: LiveResource) => one.network === network && one.lifecycle !== 'create-once';
  return ![...live.values()].some(isOurs) && keyUsers(live).length === 0;
}
