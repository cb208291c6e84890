import { isRecord, type Json, nearest, sameJson } from '@watchbill/kit';
import { at, podTemplate, records } from '../graph/process.ts';
import type { KubernetesObject, KubernetesResource, Resource } from '../graph/resource.ts';
import type { Patch } from '../network/patches.ts';
import type { Problem } from '../network/problem.ts';
import type { Source } from '../network/source.ts';
import { INVARIANTS } from '../rules/invariants/breach.ts';
import { breachesOf } from '../rules/invariants/check.ts';
import { looksLikeSeed, looksSecret } from '../rules/secret-like.ts';
import { changedKeys } from './patched-keys.ts';
import { strategicMerge } from './strategic-merge.ts';

export interface Patched {
  readonly resources: readonly Resource[];
  readonly problems: readonly Problem[];
}

/**
 * Applies the patches of a file in their order. Each is judged by its result: the first one after which an
 * invariant is broken is refused, with the invariant. The resources keep their ids, needs and
 * order.
 */
export function applyPatches(
  resources: readonly Resource[],
  patches: readonly Patch[],
  source: Source,
): Patched {
  let all = resources;
  const problems = patches.flatMap((patch, index): readonly Problem[] => {
    const path = ['patches', index] as const;
    const problem = ({ what, remedy }: Wrong): Problem => {
      const place = source.positionOf(path);
      return { code: 'patch', path: path.join('.'), at: place, what: `patch ${index + 1}: ${what}`, remedy };
    };
    const { changed, wrong } = applyOne(all, patch);
    if (wrong.length > 0) return wrong.map(problem);
    const broken = breachesOf(changed);
    if (broken.length === 0) all = changed;
    return broken.map(({ invariant, resourceId, what }) =>
      problem({
        what: `${resourceId}: ${what} (${invariant}: ${INVARIANTS[invariant]})`,
        remedy: 'remove that part of the patch',
      }),
    );
  });
  return { resources: all, problems };
}

interface Wrong {
  readonly what: string;
  readonly remedy: string;
}

function applyOne(
  resources: readonly Resource[],
  patch: Patch,
): { readonly changed: readonly Resource[]; readonly wrong: readonly Wrong[] } {
  const wrong: Wrong[] = [...forbiddenParts(patch.patch as Json)];
  const chosen = resources.filter((one) => isMeant(one, patch));
  if (chosen.length === 0) wrong.push(noObject(resources, patch));
  if (wrong.length > 0) return { changed: resources, wrong };
  const changed = resources.map((resource) => {
    if (resource.target !== 'kubernetes' || !chosen.includes(resource)) return resource;
    try {
      const body = strategicMerge(resource.body, patch.patch as Json) as KubernetesObject;
      const merged: KubernetesResource = { ...resource, body };
      wrong.push(...changedCommands(resource, merged));
      for (const what of changedKeys(resource, merged))
        wrong.push({ what: `${what} cannot be changed`, remedy: 'set `keys` of the pool or the instance' });
      return merged;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      wrong.push({ what: error.message, remedy: 'write the patch as a strategic merge' });
      return resource;
    }
  });
  return { changed, wrong };
}

function isMeant(resource: Resource, { kind, name, pool, place }: Patch): boolean {
  return (
    resource.target === 'kubernetes' &&
    resource.kind === kind &&
    (name === undefined || resource.name === name) &&
    (pool === undefined || resource.subject.pool === pool) &&
    (place === undefined || resource.place === place)
  );
}

function noObject(resources: readonly Resource[], { kind, name, pool, place }: Patch): Wrong {
  const names = [...new Set(resources.filter((one) => one.kind === kind).map((one) => one.name))];
  const near = name === undefined ? null : nearest(name, names);
  const where = place === undefined ? '' : ` in ${place}`;
  return {
    what: `there is no ${kind} ${name ?? `of pool ${pool}`}${where}`,
    remedy:
      near === null ? `the file makes: ${names.slice(0, 8).join(', ') || 'none'}` : `did you mean ${near}?`,
  };
}

const FIXED = ['apiVersion', 'kind', 'status'];
const OF_METADATA = ['labels', 'annotations'];

function forbiddenParts(patch: Json): readonly Wrong[] {
  if (!isRecord(patch)) return [];
  const fixed = FIXED.filter((key) => Object.hasOwn(patch, key));
  const metadata = isRecord(patch.metadata) ? Object.keys(patch.metadata) : [];
  const odd = [
    ...fixed,
    ...metadata.filter((key) => !OF_METADATA.includes(key)).map((key) => `metadata.${key}`),
  ];
  return [
    ...odd.map((key) => ({
      what: `${key} cannot be changed`,
      remedy: 'remove it; of metadata, labels and annotations can be changed',
    })),
    ...(holdsSecret(patch)
      ? [
          {
            what: 'a value in it looks like a secret',
            remedy: 'remove it: objects and plans show these values',
          },
        ]
      : []),
  ];
}

function holdsSecret(value: Json): boolean {
  if (typeof value === 'string') return looksLikeSeed(value);
  if (Array.isArray(value)) return value.some(holdsSecret);
  if (!isRecord(value)) return false;
  const { name, value: text } = value;
  if (typeof name === 'string' && typeof text === 'string' && looksSecret(name, text)) return true;
  return Object.values(value).some(holdsSecret);
}

/** Flags have checks that a patch would get around. */
function changedCommands(before: KubernetesResource, after: KubernetesResource): readonly Wrong[] {
  const commands = ({ body }: KubernetesResource, list: string) =>
    new Map(
      records(at(body, 'spec', 'template', 'spec', list)).map(({ name, image, command, args }) => [
        String(name),
        { image: image ?? null, command: command ?? null, args: args ?? null },
      ]),
    );
  if (podTemplate(before) === null) return [];
  return ['containers', 'initContainers'].flatMap((list) => {
    const found = commands(after, list);
    return [...commands(before, list)]
      .filter(([name, words]) => !sameJson(words, found.get(name) ?? null))
      .map(([name]) => ({
        what: `image, command and arguments of container ${name} cannot be changed`,
        remedy: 'use `software`, `flags` and `customFlags`, which check what they set',
      }));
  });
}
