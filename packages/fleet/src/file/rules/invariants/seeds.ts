import type { Json } from '@watchbill/kit';
import { at, flagValue, podTemplate, processesOf, secretsIn } from '../../graph/process.ts';
import type { Resource } from '../../graph/resource.ts';
import { isOfService } from '../../graph/service-subject.ts';
import type { Breach } from './breach.ts';

/**
 * A Secret is reached by one pod only, and a credential is loaded by one unit of its machine only: they hold
 * seeds, node keys and tokens. Applied objects contain none of these values.
 */
export function seedsAreApart(resources: readonly Resource[]): readonly Breach[] {
  const first = new Map<string, string>();
  return resources.flatMap((resource): readonly Breach[] => {
    const breach = (what: string): Breach => ({ invariant: 'seed-shared', resourceId: resource.id, what });
    const said = saidInPlain(resource).map(breach);
    const reached = reachedBy(resource);
    const shared = reached.flatMap(({ where, what }) => {
      const before = first.get(where);
      if (before !== undefined && before !== resource.id)
        return [breach(`${what} would be reached by ${before} too`)];
      first.set(where, resource.id);
      return [];
    });
    // The three services have one name towards nodes, so they may have one certificate.
    const alike = isOfService(resource.subject) && resource.kind === 'StatefulSet';
    const once = alike || resource.kind === 'unit' || resource.kind === 'Pod' || replicasOf(resource) === 1;
    if (reached.length > 0 && !once) {
      const all = reached.map(({ what }) => what).join(', ');
      return [...said, ...shared, breach(`${all} would be reached by more than one pod`)];
    }
    return [...said, ...shared];
  });
}

interface Reached {
  readonly where: string;
  readonly what: string;
}

function reachedBy(resource: Resource): readonly Reached[] {
  if (resource.target === 'machine')
    return resource.body.kind === 'unit' ? credentialsIn(resource.place, resource.body.text) : [];
  const template = podTemplate(resource);
  if (template === null) return [];
  const namespace = String(at(resource.body, 'metadata', 'namespace'));
  return [...new Set(secretsIn(template))].map((secret) => ({
    where: `${resource.place}/${namespace}/${secret}`,
    what: `Secret ${secret}`,
  }));
}

/** By their files: a unit gets the content of the file, under any name. */
function credentialsIn(place: string, text: string): readonly Reached[] {
  return [...text.matchAll(/^LoadCredential(?:Encrypted)?=([^:\n]*):?(.*)$/gm)].map(([, name, path]) => ({
    where: `${place}/${path === '' ? name : path}`,
    what: `credential ${path === '' ? name : path}`,
  }));
}

/** Every user of a machine can read a unit file, and a command line too. */
function saidInPlain(resource: Resource): readonly string[] {
  if (resource.target === 'machine' && resource.body.kind === 'unit') {
    const plain = /^(SetCredential|LoadCredential)=/m.exec(resource.body.text)?.[1];
    if (plain !== undefined) return [`${plain} gives it a secret that is not encrypted`];
  }
  return processesOf(resource)
    .filter(({ words }) => words.some((word, index) => word === 'insert' && words[index - 1] === 'key'))
    .flatMap(({ container, words }) => {
      const suri = flagValue(words, '--suri');
      return typeof suri === 'string' && /^(\/|%d\/|\$\{CREDENTIALS_DIRECTORY\}\/)[^/]/.test(suri)
        ? []
        : [`${container} would have a seed on its command line`];
    });
}

function replicasOf(resource: Resource): Json | undefined {
  return resource.target === 'kubernetes' ? at(resource.body, 'spec', 'replicas') : undefined;
}
