import type { Resource } from '../graph/resource.ts';
import type { LiveResource } from '../live/port.ts';
import { futureHolder, type LiveHolder, liveHolders } from './holders.ts';
import { asLive, type KeyStore, keyStores, storesOf } from './keys-seen.ts';
import { type KeyHolder, maySignTwice } from './law.ts';

/** A public session key with its type: `{type: 'gran', key: '0x88dc…b0ee'}`. */
export interface TypedKey {
  readonly type: string;
  readonly key: string;
}

/** The others start processes, or are not known. */
const PROCESSES: ReadonlySet<string> = new Set(['Pod', 'unit']);

/** Keys of which a running process should say whether it has them. */
export interface KeyQuestion {
  readonly holder: LiveHolder;
  /** The pod or unit of the process. */
  readonly process: LiveResource;
  readonly keys: readonly TypedKey[];
}

/**
 * The questions to running processes whose answers can change the verdict about resources that begin to use
 * keys. A keystore may have keys that its place does not show: a person inserted them by RPC, or the process
 * uses another keystore than the one that is read. A set of pods is not a process, its pods are.
 */
export function keyQuestions(
  begun: readonly Resource[],
  live: ReadonlyMap<string, LiveResource>,
): readonly KeyQuestion[] {
  const stores = keyStores(live);
  const futures = begun.flatMap(({ id, subject: { keySet } }) =>
    keySet === null ? [] : [{ own: futureHolder(id, keySet, stores), keys: typedKeys(stores, id, keySet) }],
  );
  return liveHolders(live, stores).flatMap((holder): readonly KeyQuestion[] => {
    const process = live.get(holder.id);
    if (process === undefined || !PROCESSES.has(process.kind)) return [];
    const asked = futures
      .filter(({ own }) => own.id !== holder.workload && maySignTwice(holder, own).answer !== 'yes')
      .flatMap(({ own, keys }) => keys.filter(({ key }) => isTwin(holder, own, key)));
    const keys = [...new Map(asked.map((one) => [`${one.type} ${one.key}`, one])).values()];
    return keys.length === 0 ? [] : [{ holder, process, keys }];
  });
}

/** Whether the two are two signers of one key if the first one has this key of the other. */
function isTwin(holder: KeyHolder, own: KeyHolder, key: string): boolean {
  const keys = [...(holder.seen?.keys ?? []), key];
  return maySignTwice({ ...holder, seen: { keys, isComplete: false } }, own).answer === 'yes';
}

function typedKeys(stores: readonly KeyStore[], id: string, use: string): readonly TypedKey[] {
  return storesOf(stores, id, use).flatMap(({ keys }) =>
    // A keystore on a machine numbers the keys of one type: `gran.0`.
    Object.entries(keys).map(([name, key]) => ({ type: name.slice(0, 4), key })),
  );
}

/**
 * Keys that a process reported, as a key store among the live resources. It is never complete: a keystore
 * with a key that no look shows may have more of them.
 */
export function heldKeys({ holder, process }: KeyQuestion, keys: readonly TypedKey[]): LiveResource {
  return asLive({
    place: process.place,
    at: `memory of ${process.name}`,
    secret: null,
    keys: Object.fromEntries(keys.map(({ type, key }, at) => [`${type}.${at}`, key])),
    isComplete: false,
    users: [{ id: holder.workload, use: holder.use }],
  });
}
