import { isList, isRecord, type Json } from '@watchbill/kit';
import { type KeyUse, keysOf } from '../graph/key-set.ts';
import type { LiveResource } from '../live/port.ts';
import type { SeenKeys } from './law.ts';

const KIND = 'keys';

/** Keys that a look found at a place, and the processes that use them. Public keys only. */
export interface KeyStore {
  readonly place: string;
  /** For a person, unique at the place: `Secret net/iron-keys`, `keystore of stash-iron-0.service`. */
  readonly at: string;
  /** Name of the Secret in which they are; null elsewhere. */
  readonly secret: string | null;
  /** By key type: `{gran: '0x88dc…'}`. */
  readonly keys: Readonly<Record<string, string>>;
  /** False if something in it could not be read as a key. */
  readonly isComplete: boolean;
  readonly users: readonly StoreUser[];
}

export interface StoreUser {
  /** Id of the resource that starts the process. */
  readonly id: string;
  readonly use: KeyUse;
}

/** The name of a unit's keystore among the stores of its machine. */
export function keystoreOf(unit: string): string {
  return `keystore of ${unit}`;
}

/** The id of a store among live resources. */
export function storeId(place: string, at: string): string {
  return `${place}/${KIND}/${at}`;
}

/** A key store among the live resources of a place. No step ever changes it. */
export function asLive({ place, at, ...store }: KeyStore): LiveResource {
  return {
    id: storeId(place, at),
    place,
    kind: KIND,
    name: at,
    network: null,
    subject: { pool: null, node: null, role: null, keySet: null },
    lifecycle: 'create-once',
    body: { ...store, users: store.users.map((user) => ({ ...user })) },
    fingerprint: '',
  };
}

/** A key store under another name of its place: its users are resources of that place. */
export function atPlace(one: LiveResource, place: string): LiveResource {
  const [store] = keyStores(new Map([[one.id, one]]));
  if (store === undefined) return one;
  const users = store.users.map(({ id, use }) => ({ id: `${place}${id.slice(id.indexOf('/'))}`, use }));
  return asLive({ ...store, place, users });
}

/** All key stores that looks found, of all places. */
export function keyStores(live: ReadonlyMap<string, LiveResource>): readonly KeyStore[] {
  return [...live.values()].flatMap(({ kind, place, name, body }): readonly KeyStore[] => {
    if (kind !== KIND || !isRecord(body) || !isRecord(body.keys) || !isList(body.users)) return [];
    return [
      {
        place,
        at: name,
        secret: typeof body.secret === 'string' ? body.secret : null,
        keys: textsOf(body.keys),
        isComplete: body.isComplete === true,
        users: body.users.filter(isRecord).map(({ id, use }) => ({ id: String(id), use: String(use) })),
      },
    ];
  });
}

/** The keys that a process has in this use; null if no look found any. */
export function keysSeenOf(stores: readonly KeyStore[], id: string, use: KeyUse): SeenKeys | null {
  const own = storesOf(stores, id, use);
  if (own.length === 0) return null;
  return {
    keys: [...new Set(own.flatMap(({ keys }) => Object.values(keys)))],
    isComplete: own.every(({ isComplete }) => isComplete),
    secrets: own.flatMap(({ secret }) => (secret === null ? [] : [secret])),
  };
}

/** The stores from which a process takes its keys in this use. */
export function storesOf(stores: readonly KeyStore[], id: string, use: KeyUse): readonly KeyStore[] {
  return stores.filter(({ users }) =>
    users.some((user) => user.id === id && keysOf(user.use) === keysOf(use)),
  );
}

function textsOf(record: Readonly<Record<string, Json | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, String(value)]));
}
