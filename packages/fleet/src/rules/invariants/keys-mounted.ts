import { posix } from 'node:path';
import { isRecord, type JsonRecord } from '@watchbill/base';
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
 * claim of the keys can be attached to one pod, and no pod mounts the claim of another.
 */
export function keysAreMounted(resources: readonly Resource[]): readonly Breach[] {
  return resources.flatMap((resource) => {
    const template = podTemplate(resource);
    if (template === null || resource.target !== 'kubernetes') return [];
    const found = [
      ...claimsOfOthers(template),
      ...(isSigner(resource)
        ? [...strangers(template), ...keystore(template), ...sharedClaim(resource)]
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

function sharedClaim({ body }: KubernetesResource): readonly string[] {
  const claims = records(at(body, 'spec', 'volumeClaimTemplates'));
  const keys = claims.find((claim) => isRecord(claim.metadata) && claim.metadata.name === 'keys');
  if (keys === undefined) return ['it has no claim for its keys'];
  const modes = at(keys, 'spec', 'accessModes');
  return JSON.stringify(modes) === '["ReadWriteOncePod"]'
    ? []
    : ['the claim of its keys can be attached to more than one pod'];
}
