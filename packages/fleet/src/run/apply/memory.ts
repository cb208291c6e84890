import { z } from 'zod';
import type { Place } from '../../file/graph/index.ts';
import type { LiveResource } from '../../file/live/index.ts';
import { keyUsers } from '../../file/signers/index.ts';
import type { MachineTraits } from './machine-traits.ts';
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
  /** Of a machine. */
  readonly traits?: MachineTraits | undefined;
}

/** A plan that was begun. `journal` distinguishes plans with equal steps. */
export interface BegunPlan {
  readonly plan: string;
  readonly journal: string;
  readonly atMs: number;
  /** Identifies this run. */
  readonly run: string;
  /** Ids of the steps of this run that begin, end or change the use of keys. */
  readonly signing: readonly string[];
  /** For a person: `alice@laptop`. */
  readonly by: string;
}

/** The memory of one network, in the folder of its plans and in its places. */
export interface Memory {
  readonly places: readonly RememberedPlace[];
  readonly begun: readonly BegunPlan[];
  /** Runs that left no signing step unfinished. */
  readonly ended: readonly string[];
  /** Journals of plans that a person gave up. */
  readonly abandoned: readonly string[];
  /** The network may have run before this memory began, so earlier places may be missing. */
  readonly isPartial: boolean;
  /** All lines but the first, which names the network. */
  readonly lines: readonly MemoryLine[];
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

const TRAITS = z.object({ dmiUuid: z.string().nullable(), hostKeys: z.array(z.string()).readonly() });

const LINE = z.discriminatedUnion('what', [
  z.object({ what: z.literal('memory'), format: z.literal('watchbill/memory/1'), network: z.string() }),
  z.object({
    what: z.literal('has'),
    id: z.string(),
    place: PLACE,
    identity: z.string(),
    traits: TRAITS.optional(),
  }),
  z.object({ what: z.literal('gone'), ids: z.array(z.string()).readonly() }),
  z.object({
    what: z.literal('begun'),
    plan: z.string(),
    journal: z.string(),
    atMs: z.number(),
    run: z.string(),
    by: z.string(),
    signing: z.array(z.string()).readonly(),
  }),
  z.object({ what: z.literal('ended'), runs: z.array(z.string()).readonly() }),
  z.object({ what: z.literal('abandoned'), journal: z.string() }),
  // The memory began, and it is not known whether the network ran before.
  z.object({ what: z.literal('partial') }),
  // A person claimed that the network never ran before, or a complete memory was added.
  z.object({ what: z.literal('complete') }),
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
  const lines: MemoryLine[] = [];
  for (const [at, raw] of text.split('\n').entries()) {
    if (raw === '') continue;
    const line = lineOf(raw);
    if (line === null) return { ok: false, detail: `line ${at + 1} is damaged` };
    if (line.what !== 'memory') lines.push(line);
    else if (line.network !== network)
      return { ok: false, detail: `it is of the network ${line.network}, not of ${network}` };
  }
  return { ok: true, memory: memoryOf(lines) };
}

/** The order of the lines does not matter: lines of several memories may be merged in any order. */
export function memoryOf(lines: readonly MemoryLine[]): Memory {
  const gone = new Set(lines.flatMap((line) => (line.what === 'gone' ? line.ids : [])));
  const kinds = new Set(lines.map(({ what }) => what));
  return {
    places: lines.flatMap((line) => (line.what === 'has' && !gone.has(line.id) ? [line] : [])),
    begun: lines.flatMap((line) => (line.what === 'begun' ? [line] : [])),
    ended: lines.flatMap((line) => (line.what === 'ended' ? line.runs : [])),
    abandoned: lines.flatMap((line) => (line.what === 'abandoned' ? [line.journal] : [])),
    isPartial: !kinds.has('complete'),
    lines,
  };
}

/** The text of a memory, as {@link readMemory} reads it. */
export function memoryText(network: string, lines: readonly MemoryLine[]): string {
  const head: MemoryLine = { what: 'memory', format: 'watchbill/memory/1', network };
  return [head, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** The lines of `theirs` that `mine` lacks. */
export function missingLines(
  mine: readonly MemoryLine[],
  theirs: readonly MemoryLine[],
): readonly MemoryLine[] {
  const known = new Set(mine.flatMap(factsOf));
  return theirs.filter((line) => {
    const facts = factsOf(line).filter((fact) => !known.has(fact));
    for (const fact of facts) known.add(fact);
    return facts.length > 0;
  });
}

function factsOf(line: MemoryLine): readonly string[] {
  switch (line.what) {
    case 'has':
      return [`has ${line.id}`];
    case 'gone':
      return line.ids.map((id) => `gone ${id}`);
    case 'begun':
      return [`begun ${line.run}`];
    case 'ended':
      return line.runs.map((run) => `ended ${run}`);
    case 'abandoned':
      return [`abandoned ${line.journal}`];
    default:
      return [line.what];
  }
}

const MOST_GONE = 500;
const MOST_RUNS = 50;

/**
 * The lines that a place keeps: without places that are gone, and of the runs that ended only the newest. A
 * place whose `gone` was left out is looked at once more.
 */
export function compactLines(lines: readonly MemoryLine[]): readonly MemoryLine[] {
  const { places, begun, ended, abandoned, isPartial } = memoryOf(lines);
  const gone = lines.flatMap((line) => (line.what === 'gone' ? line.ids : [])).slice(-MOST_GONE);
  const isOver = (one: BegunPlan) => ended.includes(one.run) || abandoned.includes(one.journal);
  const runs = begun.filter((one, at) => !isOver(one) || at >= begun.length - MOST_RUNS);
  const kept = new Set(runs.map(({ run }) => run));
  const ends = ended.filter((run) => kept.has(run));
  const given = abandoned.filter((journal) => runs.some((one) => one.journal === journal));
  const marks: readonly MemoryLine[] = [{ what: isPartial ? 'partial' : 'complete' }];
  return [
    ...marks,
    ...places.map((one) => ({ ...one, what: 'has' }) as const),
    ...(gone.length === 0 ? [] : [{ what: 'gone', ids: gone } as const]),
    ...runs.map((one) => ({ ...one, what: 'begun' }) as const),
    ...(ends.length === 0 ? [] : [{ what: 'ended', runs: ends } as const]),
    ...given.map((journal) => ({ what: 'abandoned', journal }) as const),
  ];
}

function lineOf(raw: string): MemoryLine | null {
  try {
    return LINE.safeParse(JSON.parse(raw)).data ?? null;
  } catch {
    return null;
  }
}

/**
 * The remembered places that are not among these, whatever their names: places that the network file no
 * longer names.
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
 * A plan that was begun and that this one's planner did not know, so that this one's inputs are outdated.
 * Null if there is none.
 */
export function begunSince(
  begun: readonly BegunPlan[],
  runs: readonly string[],
  journal: string,
): BegunPlan | null {
  return begun.find((one) => one.journal !== journal && !runs.includes(one.run)) ?? null;
}

/**
 * Plans that began signing steps, and of which neither an end is known nor that a person gave them up. Those
 * with a journal in this folder are left out: it knows their steps.
 */
export function unfinishedElsewhere(
  { begun, ended, abandoned }: Memory,
  journals: readonly string[],
): readonly BegunPlan[] {
  const known = new Set([...journals, ...abandoned]);
  const open = begun.filter(
    (one) => one.signing.length > 0 && !known.has(one.journal) && !ended.includes(one.run),
  );
  return [...new Map(open.map((one) => [one.journal, one])).values()];
}

/** Ids of all records of this place: each run that changes an object there appends one. */
export function sameRemembered(memory: Memory, place: Place, identity: string): readonly RememberedPlace[] {
  const key = placeKey(place, identity);
  return memory.places.filter((one) => placeKey(one.place, one.identity) === key);
}

/** Whether a place has no object of a network that a plan would remove, and no signer. */
export function isEmptyOf(network: string, live: ReadonlyMap<string, LiveResource>): boolean {
  const isOurs = (one: LiveResource) => one.network === network && one.lifecycle !== 'create-once';
  return ![...live.values()].some(isOurs) && keyUsers(live).length === 0;
}
