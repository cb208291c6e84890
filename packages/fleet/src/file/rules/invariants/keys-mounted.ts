import { posix } from 'node:path';
import type { JsonRecord } from '@watchbill/kit';
import { at, flagValue, halves, isSigner, podTemplate, records } from '../../graph/process.ts';
import type { KubernetesResource, Resource } from '../../graph/resource.ts';
import type { Breach } from './breach.ts';

/**
 * Volumes of a signer's pod that hold its keys: the claim of born keys, the keystore in memory, the seeds
 * for it.
 */
export const KEY_VOLUMES: ReadonlySet<string> = new Set(['keys', 'keystore', 'seeds']);
/** The steps that make or insert the keys of a node, for example `seed-babe`. */
export const KEY_STEP = /^(node-key|relay-node-key|seed-[a-z]{4})$/;

/**
 * Only the node and its own steps mount a volume with keys, the node reads its whole keystore from one, the
 * claim of the keys begins empty and can be attached to one pod, and no pod mounts the claim of another.
 */
export function keysAreMounted(resources: readonly Resource[]): readonly Breach[] {
  return resources.flatMap((resource) => {
    const template = podTemplate(resource);
    if (template === null || resource.target !== 'kubernetes') return [];
    const found = [
      ...claimsOfOthers(template),
      ...(isSigner(resource)
        ? [...strangers(template), ...keystore(template), ...claimOfKeys(resource)]
        : []),
    ];
    return found.map((what) => ({ invariant: 'keys-mounted', resourceId: resource.id, what }) as const);
  });
}

function claimsOfOthers(template: JsonRecord): readonly string[] {
  return records(at(template, 'spec', 'volumes')).flatMap((volume) => {
    if (volume.hostPath !== undefined) return [`the volume ${volume.name} is a folder of the host`];
    const claim = at(volume.persistentVolumeClaim, 'claimName');
    return claim === undefined ? [] : [`the volume ${volume.name} is the claim ${claim}, of another pod`];
  });
}

function allContainers(template: JsonRecord): readonly JsonRecord[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) =>
    records(at(template, 'spec', list)),
  );
}

function strangers(template: JsonRecord): readonly string[] {
  return allContainers(template).flatMap((container) => {
    const name = String(container.name);
    if (name === 'node' || KEY_STEP.test(name)) return [];
    return records(container.volumeMounts)
      .filter((mount) => KEY_VOLUMES.has(String(mount.name)))
      .map((mount) => `container ${name} mounts ${mount.name}, which holds keys`);
  });
}

/**
 * A keystore outside the volumes of keys would be empty at the next start, and the node would make other
 * keys or none.
 */
function keystore(template: JsonRecord): readonly string[] {
  const node = allContainers(template).find(({ name }) => name === 'node');
  const words = Array.isArray(node?.args) ? node.args.map(String) : [];
  const path = halves(words).map((half) => flagValue(half, '--keystore-path'))[0];
  const mounts = records(node?.volumeMounts).filter(
    ({ mountPath }) => path === mountPath || path?.startsWith(`${mountPath}/`),
  );
  const inside = records(node?.volumeMounts).filter(({ mountPath }) =>
    posix.normalize(String(mountPath)).startsWith(`${path}/`),
  );
  if (path !== undefined && inside.length > 0)
    return inside.map(({ name }) => `the volume ${name} is mounted in the keystore`);
  const deepest = mounts.toSorted(
    (one, other) => String(other.mountPath).length - String(one.mountPath).length,
  )[0];
  if (deepest !== undefined && KEY_VOLUMES.has(String(deepest.name)) && deepest.subPath === undefined)
    return [];
  return [`the keystore ${path ?? '(no --keystore-path)'} is in no volume of keys`];
}

/** The parts that a claim of keys may have: by any other one its volume can begin as the copy of another. */
const CLAIM_PARTS = ['accessModes', 'resources', 'storageClassName', 'volumeMode'];

function claimOfKeys({ body }: KubernetesResource): readonly string[] {
  const claims = records(at(body, 'spec', 'volumeClaimTemplates'));
  const named = (name: string) => claims.filter((claim) => at(claim, 'metadata', 'name') === name);
  // A claim takes the place of a volume with its name.
  const covered = ['keystore', 'seeds'].filter((name) => named(name).length > 0);
  const [keys, ...more] = named('keys');
  if (keys === undefined || more.length > 0) return ['it has no claim for its keys, or several'];
  const ofClaim = (path: readonly string[], allowed: readonly string[]) =>
    Object.keys(at(keys, ...path) ?? {})
      .filter((key) => !allowed.includes(key))
      .map((key) => [...path, key].join('.'));
  const odd = [
    ...ofClaim([], ['apiVersion', 'kind', 'metadata', 'spec']),
    ...ofClaim(['metadata'], ['name']),
    ...ofClaim(['spec'], CLAIM_PARTS),
  ];
  const isOnce = JSON.stringify(at(keys, 'spec', 'accessModes')) === '["ReadWriteOncePod"]';
  return [
    ...covered.map((name) => `the volume ${name} is a claim, which may hold the keys of another pod`),
    ...odd.map(
      (part) => `${part} of the claim of its keys is set, by which it may begin with the keys of another pod`,
    ),
    ...(isOnce ? [] : ['the claim of its keys can be attached to more than one pod']),
  ];
}
