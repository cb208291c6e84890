import { type JsonRecord, sameJson } from '@watchbill/kit';
import { at, isSigner, podTemplate, records } from '../graph/process.ts';
import type { KubernetesResource } from '../graph/resource.ts';
import { KEY_STEP, KEY_VOLUMES } from '../rules/invariants/keys-mounted.ts';

/**
 * Names each part of a signer's pod that brings its keys, and that a patch changes. The mark of the keys
 * stays as it is, so a plan would look for a second signer of other keys than those in the pod.
 */
export function changedKeys(before: KubernetesResource, after: KubernetesResource): readonly string[] {
  if (!isSigner(before)) return [];
  const volumes = differing(listOf(before, 'volumes'), listOf(after, 'volumes'));
  const steps = (resource: KubernetesResource) =>
    new Map(
      [...listOf(resource, 'initContainers')]
        .filter(([name]) => KEY_STEP.test(name))
        .map(([name, { volumeMounts }]) => [name, { volumeMounts: volumeMounts ?? null }]),
    );
  return [
    ...volumes.filter((name) => KEY_VOLUMES.has(name)).map((name) => `the volume ${name}`),
    ...differing(steps(before), steps(after)).map((name) => `the mounts of container ${name}`),
  ];
}

type ByName = ReadonlyMap<string, JsonRecord>;

function listOf(resource: KubernetesResource, list: string): ByName {
  const template = podTemplate(resource);
  return new Map(records(at(template ?? {}, 'spec', list)).map((each) => [String(each.name), each]));
}

/** Names that only one has, or that the two have with other contents. */
function differing(one: ByName, other: ByName): readonly string[] {
  const names = new Set([...one.keys(), ...other.keys()]);
  return [...names].filter((name) => !sameJson(one.get(name) ?? null, other.get(name) ?? null));
}
