import type { SessionScheme } from '@watchbill/chain/keys';
import { isList, isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import type { KubernetesResource } from '../../file/graph/index.ts';
import type { LiveResource } from '../../file/live/index.ts';
import { type KeyStore, keyUsers, type StoreUser } from '../../file/signers/index.ts';
import { publicKeyOfSeed } from '../secrets/public-key.ts';
import type { Got } from './objects.ts';
import { at } from './ownership.ts';

/** The volume with the Secret of seeds, as a pod of a signer names it. */
const SEEDS = 'seeds';
const KEY_TYPE = /^[a-z0-9]{4}$/;

/** Reads a Secret, once for all callers. */
export type GetSecret = (namespace: string, name: string) => Promise<Got>;

/** A Secret from which signers take seeds, with the scheme of each key type as they insert them. */
interface UsedSecret {
  readonly users: StoreUser[];
  /** When its pods were made, in ms since 1970. */
  readonly podsMs: number[];
  readonly schemes: Map<string, SessionScheme>;
}

/**
 * The public keys in Secrets of declared or live signers: two Secrets may hold one seed. A missing or
 * unreadable Secret is left out, and its keys are unknown then. They are also unknown if the Secret was
 * changed after a pod was made: the pod may have the earlier keys. Seeds are read, and never leave this
 * function.
 */
export async function seedSecrets(
  place: string,
  resources: readonly KubernetesResource[],
  live: readonly LiveResource[],
  get: GetSecret,
): Promise<readonly KeyStore[]> {
  const used = new Map<string, UsedSecret>();
  const note = (id: string, body: Json, use: string | null, madeAt?: string): void => {
    const secret = seedSecretOf(body);
    if (secret === null || use === null) return;
    const known: UsedSecret = used.get(secret) ?? { users: [], podsMs: [], schemes: new Map() };
    used.set(secret, known);
    if (madeAt !== undefined) known.podsMs.push(Date.parse(madeAt));
    for (const [type, scheme] of schemesOf(body)) known.schemes.set(type, scheme);
    if (!known.users.some((user) => user.id === id && user.use === use)) known.users.push({ id, use });
  };
  for (const { id, body, subject } of resources) note(id, body, subject.keySet);
  const byId = new Map(live.map((one) => [one.id, one]));
  // Also objects that are no longer declared, and pods whose set is gone: the keys may have moved elsewhere.
  for (const { id, workload, use } of keyUsers(byId)) {
    const one = byId.get(id);
    note(workload, one?.body ?? null, use, one?.madeAt);
  }
  const found = [...used].map(async ([secret, { users, podsMs, schemes }]): Promise<readonly KeyStore[]> => {
    const [namespace = '', name = ''] = secret.split('/');
    const got = await get(namespace, name);
    if (!got.ok) return [];
    const { keys, isComplete } = keysOf(got.object, schemes);
    const isOlder = Math.min(...podsMs) < changedMs(got.object);
    return [{ place, at: `Secret ${secret}`, secret: name, keys, isComplete: isComplete && !isOlder, users }];
  });
  return (await Promise.all(found)).flat();
}

/** The last change of an object that the API server recorded, in ms since 1970; 0 if it recorded none. */
function changedMs({ metadata }: JsonRecord): number {
  const fields = at(metadata, ['managedFields']);
  const times = (isList(fields) ? fields : []).map((one) => at(one, ['time']));
  const known = [at(metadata, ['creationTimestamp']), ...times].filter((time) => typeof time === 'string');
  return Math.max(0, ...known.map(Date.parse));
}

function keysOf(
  secret: JsonRecord,
  schemes: ReadonlyMap<string, SessionScheme>,
): Pick<KeyStore, 'keys' | 'isComplete'> {
  const data = isRecord(secret.data) ? secret.data : {};
  const seeds = Object.entries(data).filter(([type]) => KEY_TYPE.test(type));
  const keys = seeds.flatMap(([type, value]) => {
    const scheme = schemes.get(type) ?? usualScheme(type);
    const key = typeof value === 'string' ? publicKeyOfSeed(scheme, Buffer.from(value, 'base64')) : null;
    return key === null ? [] : [[type, key] as const];
  });
  return { keys: Object.fromEntries(keys), isComplete: keys.length === seeds.length && keys.length > 0 };
}

/** As `key insert` of the signer takes them: `--key-type=gran --scheme=ed25519`. */
function schemesOf(body: Json): readonly (readonly [string, SessionScheme])[] {
  const containers = at(podOf(body), ['initContainers']);
  return (isList(containers) ? containers : []).filter(isRecord).flatMap(({ command, args }) => {
    const words = [command, args].flat().map(String).join(' ');
    const [, type] = /--key-type=(\w{4})/.exec(words) ?? [];
    const [, scheme] = /--scheme=(sr25519|ed25519|ecdsa)/.exec(words) ?? [];
    return type === undefined || scheme === undefined ? [] : [[type, scheme as SessionScheme] as const];
  });
}

/** For a Secret that no container inserts any more. */
function usualScheme(type: string): SessionScheme {
  return type === 'gran' ? 'ed25519' : type === 'beef' ? 'ecdsa' : 'sr25519';
}

/** The specification of the pods of a set, or of a pod. */
function podOf(body: Json): JsonRecord {
  const spec = isRecord(body) ? (at(body, ['spec', 'template', 'spec']) ?? body.spec) : null;
  return isRecord(spec) ? spec : {};
}

/** `NAMESPACE/NAME` of the Secret with the seeds of a set's pods, or of a pod; null if they take none. */
export function seedSecretOf(body: Json): string | null {
  if (!isRecord(body)) return null;
  const volumes = at(podOf(body), ['volumes']);
  const seeds = (isList(volumes) ? volumes : []).find((volume) => isRecord(volume) && volume.name === SEEDS);
  const secret = at(seeds, ['secret', 'secretName']);
  const namespace = at(body, ['metadata', 'namespace']);
  return typeof secret === 'string' && typeof namespace === 'string' ? `${namespace}/${secret}` : null;
}
