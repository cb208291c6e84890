import { isRecord, type JsonRecord } from '@watchbill/kit';
import {
  askingUse,
  type Expected,
  type KubernetesResource,
  MARKS,
  POLICY_KINDS,
  setProcesses,
  templateClaims,
} from '../../file/graph/index.ts';
import type { LiveResource, PlaceRead, PlaceState, Proposal, Unread } from '../../file/live/index.ts';
import { askedBy } from '../../file/rules/index.ts';
import { asLive } from '../../file/signers/index.ts';
import { liveResource } from './live-object.ts';
import { keyHoldersElsewhere } from './other-signers.ts';
import { proposalFor } from './propose.ts';
import { type ReadSettings, refOf } from './read-settings.ts';
import type { Failure } from './refusal.ts';
import { type GetSecret, seedSecrets } from './seeds.ts';

/** Stops a read as a whole: a place is known or it is not. */
class Unreadable extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.detail);
    this.name = 'Unreadable';
    this.failure = failure;
  }
}

/** One read of a place. */
interface Reading {
  readonly settings: ReadSettings;
  readonly network: string;
  readonly resources: readonly KubernetesResource[];
  readonly signal: AbortSignal;
}

/** The live objects, the result of applying each resource, and missing objects. Read-only. */
export async function readPlace(
  settings: ReadSettings,
  network: string,
  resources: readonly KubernetesResource[],
  expects: readonly Expected[],
  signal: AbortSignal,
): Promise<PlaceRead> {
  const place = settings.place.name;
  const reading: Reading = { settings, network, resources, signal };
  try {
    const marked = await markedObjects(reading);
    const live = new Map(marked.map((one) => [one.id, one]));
    for (const one of await namedObjects(reading, live)) live.set(one.id, one);
    const getSecret = secretReader(settings, signal);
    for (const one of await volumeClaims(reading)) live.set(one.id, one);
    const { missing, unread } = await lookFor(settings, expects, getSecret);
    const proposals = await propose(reading, live);
    for (const one of await keysElsewhere(reading, live, getSecret))
      if (!live.has(one.id)) live.set(one.id, one);
    return { ok: true, state: { place, live, proposals, missing, unread } };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const { reason, detail } = error.failure;
    return { ok: false, place, reason: reason === 'forbidden' ? 'forbidden' : 'unreachable', detail };
  }
}

/** Everything with the owner mark of the network, in its namespaces. */
async function markedObjects({
  settings: { objects, place, kinds },
  network,
  resources,
  signal,
}: Reading): Promise<readonly LiveResource[]> {
  const namespaces = namespacesOf(place, resources);
  const ofNetwork = `${MARKS.network}=${network}`;
  const asks = [...kinds].flatMap(([kind, apiVersion]) =>
    // Of a kind without namespaces the server ignores the namespace; one answer is enough.
    (kind === 'Namespace' ? [null] : namespaces).map(async (namespace) => {
      const isPolicy = POLICY_KINDS.has(kind);
      const labelSelector = isPolicy ? `${ofNetwork},${MARKS.namespace}=${namespace}` : ofNetwork;
      const listed = await objects.list(apiVersion, kind, { namespace, labelSelector }, signal);
      // A kind that the cluster does not have has no live objects.
      if (!listed.ok && listed.failure.reason === 'not-found') return [];
      const isAsked = resources.some((resource) => resource.kind === kind);
      if (!listed.ok && isPolicy && !isAsked && listed.failure.reason === 'forbidden') return [];
      if (!listed.ok) throw new Unreadable(listed.failure);
      return listed.items;
    }),
  );
  return (await Promise.all(asks)).flat().map((object) => asAsked(liveResource(place, object)));
}

function namespacesOf(
  place: ReadSettings['place'],
  resources: readonly KubernetesResource[],
): readonly string[] {
  const named = resources.map((resource) => refOf(resource).namespace);
  return [...new Set([place.namespace, ...named.filter((name) => name !== null)])];
}

/**
 * The services on its command line count, not those of its annotation: a person may have changed one without
 * the other.
 */
function asAsked(one: LiveResource): LiveResource {
  const { keySet } = one.subject;
  if (keySet === null || one.kind !== 'StatefulSet' || !isRecord(one.body)) return one;
  const asked = askedBy(setProcesses(one.body), one.place);
  if (asked === null) return one;
  return { ...one, subject: { ...one.subject, keySet: askingUse(keySet, asked) } };
}

/** Other holders of keys, and the public keys of all signers that take seeds from Secrets. */
async function keysElsewhere(
  { settings, network, resources, signal }: Reading,
  own: ReadonlyMap<string, LiveResource>,
  getSecret: GetSecret,
): Promise<readonly LiveResource[]> {
  const namespaces = namespacesOf(settings.place, resources);
  const found = await keyHoldersElsewhere(settings, { network, resources, namespaces, own }, signal);
  if ('failure' in found) throw new Unreadable(found.failure);
  const stores = await seedSecrets(
    settings.place.name,
    resources,
    [...own.values(), ...found.holders],
    getSecret,
  );
  return [...found.holders.map(asAsked), ...stores.map(asLive)];
}

/** Reads each Secret once. Values are inspected and not kept: the answers end with the read. */
function secretReader({ objects }: ReadSettings, signal: AbortSignal): GetSecret {
  const asked = new Map<string, ReturnType<GetSecret>>();
  return (namespace, name) => {
    const key = `${namespace}/${name}`;
    const got = asked.get(key) ?? objects.get({ apiVersion: 'v1', kind: 'Secret', namespace, name }, signal);
    asked.set(key, got);
    return got;
  };
}

/** Objects with the name of a resource and without the label: not ours, but in the way. */
async function namedObjects(
  { settings: { objects, place }, resources, signal }: Reading,
  live: ReadonlyMap<string, LiveResource>,
): Promise<readonly LiveResource[]> {
  const asks = resources
    .filter(({ id }) => !live.has(id))
    .map(async (resource) => {
      const got = await objects.get(refOf(resource), signal);
      if (got.ok) return [liveResource(place, got.object)];
      if (got.failure.reason === 'not-found') return [];
      throw new Unreadable(got.failure);
    });
  return (await Promise.all(asks)).flat();
}

/**
 * Claims that the declared sets use. Keys may be on them before their signers are there, and they keep their
 * size.
 */
async function volumeClaims({
  settings: { objects, place },
  resources,
  signal,
}: Reading): Promise<readonly LiveResource[]> {
  const wanted = resources
    .flatMap((set) => templateClaims(set, resources))
    .flatMap(({ namespace, names }) => names.map((name) => ({ namespace, name })));
  const asks = wanted.map(async ({ namespace, name }) => {
    const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name };
    const got = await objects.get(claim, signal);
    if (got.ok) return [liveResource(place, { ...got.object, kind: claim.kind })];
    if (got.failure.reason === 'not-found') return [];
    throw new Unreadable(got.failure);
  });
  return (await Promise.all(asks)).flat();
}

async function propose(
  { settings, resources, signal }: Reading,
  live: ReadonlyMap<string, LiveResource>,
): Promise<ReadonlyMap<string, Proposal>> {
  const made = resources.map(async (resource): Promise<readonly [string, Proposal]> => {
    const there = live.get(resource.id);
    // Immutable after creation, so the declared form is the existing one.
    if (there !== undefined && resource.lifecycle === 'create-once')
      return [resource.id, { ok: true, body: there.body }];
    return [resource.id, await proposalFor(settings, resource, signal)];
  });
  return new Map(await Promise.all(made));
}

/** A user who may only plan need not be able to read Secrets: `apply` looks again. */
async function lookFor(
  { place }: ReadSettings,
  expects: readonly Expected[],
  getSecret: GetSecret,
): Promise<Required<Pick<PlaceState, 'missing' | 'unread'>>> {
  const missing: Expected[] = [];
  const unread: Unread[] = [];
  const asks = expects.map(async (expected) => {
    const got = await getSecret(place.namespace, expected.name);
    if (got.ok ? !hasEntries(got.object, expected.entries) : got.failure.reason === 'not-found')
      missing.push(expected);
    else if (!got.ok && got.failure.reason === 'forbidden')
      unread.push({ expected, detail: got.failure.detail });
    else if (!got.ok) throw new Unreadable(got.failure);
  });
  await Promise.all(asks);
  const inOrder = (one: Expected) => expects.indexOf(one);
  return {
    missing: missing.sort((one, other) => inOrder(one) - inOrder(other)),
    unread: unread.sort((one, other) => inOrder(one.expected) - inOrder(other.expected)),
  };
}

function hasEntries(secret: JsonRecord, entries: readonly string[]): boolean {
  const data = isRecord(secret.data) ? secret.data : {};
  return entries.every((entry) => Object.hasOwn(data, entry));
}
