import { Fault, fault } from '@watchbill/kit';
import type { Place } from '../../file/index.ts';
import type { IdentifiedTarget } from '../apply/identity.ts';
import {
  compactLines,
  type Memory,
  type MemoryLine,
  memoryOf,
  memoryText,
  missingLines,
  placesElsewhere,
  type RememberedPlace,
  readMemory,
} from '../apply/memory.ts';
import { placeKey } from '../apply/same-place.ts';
import type { SharedRecords } from '../apply/shared-records.ts';
import { MOST_RECORD_BYTES } from '../apply/shared-records.ts';
import type { FleetPorts } from './fleet-ports.ts';
import { placeFault } from './targets.ts';

/** The memory of a network after a look at all places that can be reached. */
export interface Learned {
  /** Null: neither the folder nor a place knows the network. */
  readonly memory: Memory | null;
  /** Names of the places with lines that the folder lacked. */
  readonly from: readonly string[];
}

export interface LearnSettings {
  readonly network: string;
  readonly places: readonly Place[];
  readonly identities: Readonly<Record<string, string>>;
  readonly targets: ReadonlyMap<string, IdentifiedTarget>;
  readonly signal: AbortSignal;
}

type Read = { readonly lines: readonly MemoryLine[] } | { readonly fault: Fault };

/**
 * Reads the shared memory of the given places, and of every place that one of them names. Adds the missing
 * lines to the folder. Throws a Fault if a given place has an unreadable memory. A past place that cannot
 * be reached is left out here: the look at past places refuses the plan then.
 */
export async function learnFromPlaces(
  ports: Pick<FleetPorts, 'memory' | 'openTargets'>,
  settings: LearnSettings,
): Promise<Learned> {
  const { network, places, identities, targets, signal } = settings;
  const from: string[] = [];
  let memory = await ports.memory.remembered(network);
  const learn = async (name: string, read: Read): Promise<void> => {
    if ('fault' in read) throw read.fault;
    const more = newLines(memory, read.lines);
    if (more.length === 0) return;
    from.push(name);
    await ports.memory.add(network, more);
    memory = memoryOf([...(memory?.lines ?? []), ...more]);
  };
  const reads = [...targets].map(
    async ([name, target]) => [name, await readShared(target, network, signal)] as const,
  );
  for (const [name, read] of await Promise.all(reads)) await learn(name, read);
  const asked = new Set<string>();
  for (;;) {
    const past: readonly RememberedPlace[] =
      memory === null ? [] : placesElsewhere(memory, places, identities);
    const next = past.find((one) => !asked.has(keyOf(one)));
    if (next === undefined) return { memory, from };
    asked.add(keyOf(next));
    const read = await readPast(ports, network, next, signal);
    if (read !== null && 'lines' in read) await learn(next.place.name, read);
  }
}

function keyOf({ place, identity }: RememberedPlace): string {
  return placeKey(place, identity);
}

/** A complete memory stays complete, whatever another one lacks. */
function newLines(memory: Memory | null, theirs: readonly MemoryLine[]): readonly MemoryLine[] {
  const more = missingLines(memory?.lines ?? [], theirs);
  return memory === null || memory.isPartial ? more : more.filter(({ what }) => what !== 'partial');
}

async function readPast(
  { openTargets }: Pick<FleetPorts, 'openTargets'>,
  network: string,
  { place, identity }: RememberedPlace,
  signal: AbortSignal,
): Promise<Read | null> {
  const opened = await openTargets(network, [place], false).catch((error: unknown) => {
    if (error instanceof Fault) return null;
    throw error;
  });
  if (opened === null) return null;
  try {
    const target = opened.byPlace.get(place.name);
    const found = await target?.identity(signal);
    if (target === undefined || found?.ok !== true || found.identity !== identity) return null;
    return await readShared(target, network, signal);
  } finally {
    opened.close();
  }
}

async function readShared(target: IdentifiedTarget, network: string, signal: AbortSignal): Promise<Read> {
  const { name } = target.place;
  const read = await target.shared(network).read('memory', signal);
  if (!read.ok) return { fault: placeFault(name, read.reason, `its shared memory: ${read.detail}`) };
  if (read.record === null) return { lines: [] };
  const parsed = readMemory(read.record.text, network);
  if (parsed.ok) return { lines: parsed.memory.lines };
  return { fault: damaged(name, network, parsed.detail) };
}

function damaged(place: string, network: string, detail: string): Fault {
  return fault('memory-damaged', 'fault', {
    what: `the shared memory of network ${network} at ${place} is not valid: ${detail}`,
    where: place,
    remedy:
      'find out which places the network has or had, remove that line there (ConfigMap watchbill-fleet-NETWORK, or /var/lib/watchbill-fleet/NETWORK/shared/memory), and name the places in the network file',
  });
}

/** Each try that fails means that another process wrote. */
const MOST_TRIES = 10;

/**
 * Adds lines to the shared memory of a place. `missing`: its namespace does not exist yet. Throws a Fault
 * if it cannot be written.
 */
export async function publishLines(
  records: SharedRecords,
  place: string,
  network: string,
  lines: readonly MemoryLine[],
  signal: AbortSignal,
): Promise<'done' | 'missing'> {
  let detail = 'other processes keep writing it';
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const read = await records.read('memory', signal);
    if (!read.ok) throw placeFault(place, read.reason, `its shared memory: ${read.detail}`);
    const before = readMemory(read.record?.text ?? '', network);
    if (!before.ok) throw damaged(place, network, before.detail);
    const kept = before.memory.lines;
    const all = compactLines([...kept, ...newLines(kept.length === 0 ? null : before.memory, lines)]);
    const text = memoryText(network, all);
    if (text === read.record?.text) return 'done';
    if (text.length > MOST_RECORD_BYTES) throw tooLarge(place, network);
    const written = await records.write('memory', text, read.record?.version ?? null, signal);
    if (written.outcome === 'done' || written.outcome === 'missing') return written.outcome;
    detail = written.detail;
    if (written.outcome === 'forbidden' || written.outcome === 'unreachable')
      throw placeFault(place, written.outcome, `its shared memory: ${detail}`);
  }
  throw fault('memory-unwritten', 'unknown', {
    what: `the shared memory of network ${network} at ${place} was not written: ${detail}`,
    where: place,
    remedy: 'run it again',
  });
}

function tooLarge(place: string, network: string): Fault {
  return fault('memory-too-large', 'fault', {
    what: `the shared memory of network ${network} has more than ${MOST_RECORD_BYTES} bytes`,
    where: place,
    remedy: 'plan, so that empty places are forgotten; abandon plans that will not continue',
  });
}
