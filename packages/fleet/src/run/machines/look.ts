import { digestOf, type Json } from '@watchbill/kit';
import { shellWord } from '@watchbill/kit/ssh';
import type { Expected, MachineItem, MachineResource, Place } from '../../file/graph/index.ts';
import type { LiveResource, Proposal } from '../../file/live/index.ts';
import { failureOf } from './failure.ts';
import { type ReadItems, readItems } from './read-items.ts';
import type { MachineRecord } from './record.ts';
import { readScript } from './script.ts';
import type { RunScript } from './ssh.ts';

/** One machine of one network. */
export interface OnMachine {
  readonly run: RunScript;
  readonly place: Place;
  readonly network: string;
}

export type Known = { readonly reason: 'unreachable' | 'forbidden'; readonly detail: string };

export type Looked =
  | {
      readonly live: ReadonlyMap<string, LiveResource>;
      readonly records: ReadonlyMap<string, MachineRecord>;
    }
  | { readonly failure: Known };

/** The live items: the requested ones, and those that we made earlier. */
export async function lookAt(
  machine: OnMachine,
  asked: readonly MachineResource[],
  signal: AbortSignal,
): Promise<Looked> {
  const items = asked.map(({ body }) => body);
  const seen = await readAll(machine, items, signal);
  if ('failure' in seen) return seen;
  const ids = new Set(asked.map(({ id }) => id));
  const others = seen.records.filter(({ id }) => !ids.has(id));
  const more =
    others.length === 0
      ? null
      : await readAll(
          machine,
          others.map(({ item }) => item),
          signal,
        );
  if (more !== null && 'failure' in more) return more;
  const records = new Map(seen.records.map((record) => [record.id, record]));
  const live = new Map<string, LiveResource>();
  const put = (id: string, item: MachineItem | null | undefined): void => {
    if (item) live.set(id, liveOf(machine, id, item, records.get(id)));
  };
  for (const [at, { id }] of asked.entries()) put(id, seen.items[at]);
  for (const [at, { id }] of others.entries()) put(id, more?.items[at]);
  return { live, records };
}

async function readAll(
  { run, network }: OnMachine,
  items: readonly MachineItem[],
  signal: AbortSignal,
): Promise<ReadItems | { readonly failure: Known }> {
  const ran = await run(readScript(network, items), signal);
  const failed = failureOf(ran);
  if (failed !== null || ran.kind !== 'ended') return { failure: knownOf(failed) };
  const read = readItems(ran.out, items);
  return read ?? { failure: { reason: 'unreachable', detail: 'the answer of the machine cannot be read' } };
}

export function knownOf(failed: ReturnType<typeof failureOf>): Known {
  const detail = failed !== null && 'detail' in failed ? failed.detail : '';
  return { reason: failed?.outcome === 'forbidden' ? 'forbidden' : 'unreachable', detail };
}

export function liveOf(
  { place, network }: Pick<OnMachine, 'place' | 'network'>,
  id: string,
  item: MachineItem,
  record: Pick<MachineRecord, 'subject' | 'lifecycle'> | undefined,
): LiveResource {
  const body = item as unknown as Json;
  return {
    id,
    place: place.name,
    kind: item.kind,
    name: 'path' in item ? item.path : item.name,
    // We made only items with a record, independent of their names.
    network: record === undefined ? null : network,
    subject: record?.subject ?? { pool: null, node: null, role: null, keySet: null },
    lifecycle: record?.lifecycle ?? 'reconcile',
    body,
    fingerprint: digestOf({ id, body }),
  };
}

/** An item that is made once keeps its state; others become as declared. */
export function proposalOf({ body, lifecycle }: MachineResource, live: LiveResource | undefined): Proposal {
  const there = live !== undefined && lifecycle === 'create-once';
  return { ok: true, body: there ? live.body : (body as unknown as Json) };
}

/** Files that must exist with some content, and are missing or empty. */
export async function missingFiles(
  { run }: OnMachine,
  expects: readonly Expected[],
  signal: AbortSignal,
): Promise<{ readonly missing: readonly Expected[] } | { readonly failure: Known }> {
  if (expects.length === 0) return { missing: [] };
  const script = expects.map(({ name }, at) => `[ -s ${shellWord(name)} ] && echo ${at} || :`).join('\n');
  const ran = await run(script, signal);
  const failed = failureOf(ran);
  if (failed !== null || ran.kind !== 'ended') return { failure: knownOf(failed) };
  const lines = ran.out.split('\n').filter((line) => line !== '');
  const there = new Set(lines.map(Number));
  return { missing: expects.filter((_, at) => !there.has(at)) };
}
