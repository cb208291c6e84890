import { type Json, kubectlLine } from '@watchbill/kit';
import { at } from '../graph/process.ts';
import { bytesOf } from '../graph/quantity.ts';
import type { Graph, Resource } from '../graph/resource.ts';
import { isOfService } from '../graph/service-subject.ts';
import { type TemplateClaims, templateClaims } from '../graph/volume-claims.ts';
import type { LiveResource } from '../live/port.ts';
import type { PlanProblem } from './change.ts';

/**
 * A set gives size and class to new volumes only. So a file is refused whose sizes are larger than those of
 * volumes that are there, and one that lowers a size or changes a class that all of them keep. Volumes that
 * are larger for another reason, a growth or a restore, may be.
 */
export function keptVolumes(
  { resources, places }: Pick<Graph, 'resources' | 'places'>,
  live: ReadonlyMap<string, LiveResource>,
): readonly PlanProblem[] {
  return resources.flatMap((set) =>
    templateClaims(set, resources).flatMap((claims) => {
      const found = claims.names.flatMap(
        (name) => live.get(`${set.place}/PersistentVolumeClaim/${claims.namespace}/${name}`) ?? [],
      );
      const place = places.find(({ name }) => name === set.place);
      const context = place?.target === 'kubernetes' ? place.context : null;
      const before = templateBefore(live.get(set.id), claims.volume);
      const judged = found.length === 0 ? null : judge({ set, claims, found, before, context });
      return judged === null ? [] : [{ code: 'volume-kept', resourceId: set.id, ...judged } as const];
    }),
  );
}

interface Kept {
  readonly set: Resource;
  readonly claims: TemplateClaims;
  /** Those of the claims that are there; at least one. */
  readonly found: readonly LiveResource[];
  /** The template of the live set. */
  readonly before: Json | undefined;
  readonly context: string | null;
}

function judge(kept: Kept): Pick<PlanProblem, 'what' | 'remedy'> | null {
  const { claims, found, before, context } = kept;
  const wanted = sizeOf(claims.template);
  const small = found.filter(({ body }) => bytes(body) < bytes(claims.template));
  if (small.length > 0) {
    const patch = JSON.stringify({ spec: { resources: { requests: { storage: wanted } } } });
    const names = small.map(({ name }) => name);
    const words = ['patch', 'persistentvolumeclaims', ...names, '--type', 'merge', '--patch', patch];
    const line = kubectlLine({ context, namespace: claims.namespace }, ...words);
    return {
      what: `${subject(small, sizeOf)}, less than the ${wanted} of the network file; a set gives its size to new volumes only`,
      remedy: `let it grow if its class allows that, and plan again: ${line}. Otherwise put ${settingOf(kept)} back to the old size`,
    };
  }
  if (
    bytes(before) > bytes(claims.template) &&
    found.every(({ body }) => bytes(body) > bytes(claims.template))
  )
    return {
      what: `${subject(found, sizeOf)}, and a volume never shrinks to the ${wanted} of the network file`,
      remedy: `put ${settingOf(kept)} back to the old size; smaller volumes need a new pool`,
    };
  const other = classOf(claims.template);
  if (before !== undefined && classOf(before) !== other && found.every(({ body }) => classOf(body) !== other))
    return {
      what: `${subject(found, (body) => `the class ${classOf(body) ?? 'of the cluster'}`)}, and a volume never changes its class`,
      remedy: 'put the class back to the old one; volumes of another class need a new pool',
    };
  return null;
}

/** `data-a-0 and data-a-1 have 700Gi`. */
function subject(found: readonly LiveResource[], what: (body: Json) => string): string {
  const each = [...new Set(found.map(({ body }) => what(body)))].join(' or ');
  return `${found.map(({ name }) => name).join(' and ')} ${found.length === 1 ? 'has' : 'have'} ${each}`;
}

function templateBefore(live: LiveResource | undefined, volume: string): Json | undefined {
  const templates = live === undefined ? undefined : at(live.body, 'spec', 'volumeClaimTemplates');
  return Array.isArray(templates)
    ? templates.find((one) => at(one, 'metadata', 'name') === volume)
    : undefined;
}

function sizeOf(claim: Json | undefined): string {
  return String(at(claim, 'spec', 'resources', 'requests', 'storage'));
}

/** NaN, which is neither less nor more, for a size that cannot be read. */
function bytes(claim: Json | undefined): number {
  return bytesOf(sizeOf(claim)) ?? Number.NaN;
}

function classOf(claim: Json | undefined): string | undefined {
  const name = at(claim, 'spec', 'storageClassName');
  return name === undefined ? undefined : String(name);
}

const SETTINGS: Readonly<Record<string, string>> = {
  data: 'storage.chainGiB',
  relay: 'storage.relayGiB',
  keys: 'storage.keystoreMiB',
};

function settingOf({ set, claims }: Kept): string {
  return isOfService(set.subject) ? 'sizeGiB' : (SETTINGS[claims.volume] ?? 'its size');
}
