import { at, processesOf } from '../../graph/process.ts';
import type { Resource } from '../../graph/resource.ts';
import { CREDENTIAL_FOLDER } from '../../secret-names/credential.ts';
import type { Breach } from './breach.ts';

const HOLDS_KEYS = new Set(['Secret', 'PersistentVolumeClaim', 'PersistentVolume']);

/**
 * Keys are generated inside nodes or by people. Applied objects contain none, keep the volumes of keys, and
 * make a node key only if there is none.
 */
export function keysAreNotMade(resources: readonly Resource[]): readonly Breach[] {
  return resources.flatMap((resource): readonly Breach[] => {
    const what = whatItMakes(resource);
    return what === null ? [] : [{ invariant: 'keys-made', resourceId: resource.id, what }];
  });
}

function whatItMakes(resource: Resource): string | null {
  if (HOLDS_KEYS.has(resource.kind)) return `a ${resource.kind} would be applied, and may replace keys`;
  if (resource.kind === 'Namespace' && resource.lifecycle !== 'create-once')
    return 'a namespace that can be removed takes its volumes along';
  if (resource.target === 'machine' && resource.kind === 'directory' && resource.lifecycle !== 'create-once')
    return 'a folder that can be removed takes keys along';
  if (resource.target === 'machine' && isCredential(resource))
    return 'a credential would be applied, and may replace a secret';
  if (resource.kind === 'StatefulSet' && !keepsVolumes(resource)) return 'its volumes would go with it';
  const careless = processesOf(resource).find(({ words }) => makesKey(words) && !isGuarded(words));
  return careless === undefined ? null : `${careless.container} makes a key even if one exists`;
}

function isCredential({ body }: Resource & { readonly target: 'machine' }): boolean {
  return 'path' in body && (body.path === CREDENTIAL_FOLDER || body.path.startsWith(`${CREDENTIAL_FOLDER}/`));
}

function keepsVolumes(resource: Resource): boolean {
  if (resource.target !== 'kubernetes') return true;
  const policy = at(resource.body, 'spec', 'persistentVolumeClaimRetentionPolicy');
  return ['whenDeleted', 'whenScaled'].every((key) => at(policy, key) === 'Retain');
}

function makesKey(words: readonly string[]): boolean {
  return words.some((word, index) => /^generate(-node-key)?$/.test(word) && words[index - 1] === 'key');
}

/** `test -s FILE || …` with the very file that the key is written to. */
function isGuarded(words: readonly string[]): boolean {
  const line = words.join(' ');
  const file = words[words.indexOf('--file') + 1];
  return (
    line.includes('test -s "$0" || exec "$@"') &&
    file !== undefined &&
    words.filter((word) => word === file).length === 2
  );
}
