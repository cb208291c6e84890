import { isList, isRecord, type Json, type JsonRecord } from '@watchbill/base';
import type { KubernetesResource } from '@watchbill/fleet/graph';
import { keysOf } from '@watchbill/fleet/graph';
import type { LiveResource } from '@watchbill/fleet/live';
import { seedPrint } from '../secrets/seed-print.ts';
import type { Got } from './objects.ts';
import { at } from './ownership.ts';

/** The volume with the Secret of seeds, as a pod of a signer names it. */
const SEEDS = 'seeds';
const KEY_TYPE = /^[a-z0-9]{4}$/;

/** Reads a Secret, once for all callers. */
export type GetSecret = (namespace: string, name: string) => Promise<Got>;

/** A Secret from which signers take seeds. */
export interface SeedSecret {
  readonly namespace: string;
  readonly name: string;
  /** By key type: a print of the seed, never the seed. */
  readonly prints: Readonly<Record<string, string>>;
  readonly users: readonly SeedUser[];
}

interface SeedUser {
  /** The set that takes seeds from it. */
  readonly id: string;
  readonly use: string;
  /** Whether the network file asks for it; otherwise it is live, and may belong to another network. */
  readonly declared: boolean;
}

/**
 * The Secrets of declared or live signers, because names do not show whether two Secrets hold one seed. A
 * missing or unreadable one is left out; another check reports it if a declared signer needs it.
 */
export async function seedSecrets(
  resources: readonly KubernetesResource[],
  live: readonly LiveResource[],
  get: GetSecret,
): Promise<readonly SeedSecret[]> {
  const users = new Map<string, SeedUser[]>();
  const note = (id: string, body: Json, use: string | null, declared: boolean): void => {
    const secret = seedSecretOf(body);
    if (secret === null || use === null) return;
    const known = users.get(secret) ?? [];
    if (!known.some((user) => user.id === id)) users.set(secret, [...known, { id, use, declared }]);
  };
  for (const { id, body, subject } of resources) note(id, body, subject.keySet, true);
  // Also for objects that are no longer declared: the keys may have moved elsewhere.
  for (const { id, body, subject } of live) note(id, body, subject.keySet, false);
  const found = [...users].map(async ([secret, all]): Promise<readonly SeedSecret[]> => {
    const [namespace = '', name = ''] = secret.split('/');
    const got = await get(namespace, name);
    return got.ok ? [{ namespace, name, prints: printsOf(got.object), users: all }] : [];
  });
  return (await Promise.all(found)).flat();
}

/** As a live resource, for the plan: with digests of seeds in place of values. */
export function liveSecret(place: string, { namespace, name, prints, users }: SeedSecret): LiveResource {
  return {
    id: `${place}/Secret/${namespace}/${name}`,
    place,
    kind: 'Secret',
    name,
    // Never ours, with any label: no step changes it.
    network: null,
    subject: { pool: null, node: null, role: null, keySet: null },
    lifecycle: 'create-once',
    body: { seeds: prints, users: users.map((user) => ({ ...user })) },
    fingerprint: '',
  };
}

/**
 * Whether a signer only happens to have keys with the name of declared ones: both names are those of Secrets,
 * which are unique only per namespace, and no seed is in both. A name that a person gave to the keys always
 * counts.
 */
export function isOtherByChance({ id, subject }: LiveResource, secrets: readonly SeedSecret[]): boolean {
  const keys = keysOf(subject.keySet ?? '');
  const theirs = secrets.find(({ users }) => users.some((user) => user.id === id));
  const ours = secrets.filter(({ users }) =>
    users.some((user) => user.declared && keysOf(user.use) === keys),
  );
  if (theirs === undefined || ours.length === 0) return false;
  const all = [theirs, ...ours];
  if (all.some(({ name, prints }) => keys !== `set.${name}` || Object.keys(prints).length === 0))
    return false;
  const known = new Set(Object.values(theirs.prints));
  return !ours.some(({ prints }) => Object.values(prints).some((print) => known.has(print)));
}

function printsOf(secret: JsonRecord): Readonly<Record<string, string>> {
  const data = isRecord(secret.data) ? secret.data : {};
  const prints = Object.entries(data).flatMap(([type, value]) => {
    const print =
      KEY_TYPE.test(type) && typeof value === 'string' ? seedPrint(Buffer.from(value, 'base64')) : null;
    return print === null ? [] : [[type, print] as const];
  });
  return Object.fromEntries(prints);
}

/** `NAMESPACE/NAME` of the Secret with the seeds of a set's pods; null if they take none. */
function seedSecretOf(body: Json): string | null {
  if (!isRecord(body)) return null;
  const volumes = at(body, ['spec', 'template', 'spec', 'volumes']);
  const seeds = (isList(volumes) ? volumes : []).find((volume) => isRecord(volume) && volume.name === SEEDS);
  const secret = at(seeds, ['secret', 'secretName']);
  const namespace = at(body, ['metadata', 'namespace']);
  return typeof secret === 'string' && typeof namespace === 'string' ? `${namespace}/${secret}` : null;
}
