import { isList, isRecord, type Json } from '@watchbill/kit';
import { at, podTemplate, records, selects } from '../../graph/process.ts';
import type { KubernetesResource, Resource } from '../../graph/resource.ts';
import { isOfService } from '../../graph/service-subject.ts';
import type { Breach } from './breach.ts';

/** Two of three services continue to grant while the third one is changed or lost. */
const MEMBERS = 3;

/**
 * The services of a ledger, and the members of their etcd, are three; at most one of them is changed or
 * evicted at a time, and each has a volume that no other pod mounts and that stays when its pod goes.
 */
export function serviceQuorum(resources: readonly Resource[]): readonly Breach[] {
  const own = resources.filter(({ subject }) => isOfService(subject));
  const found = [
    ...own.flatMap((resource) => (resource.target === 'kubernetes' ? inCluster(resource, own) : [])),
    ...onMachines(own),
  ];
  return found.map(({ id, what }) => ({ invariant: 'service-quorum', resourceId: id, what }));
}

interface Found {
  readonly id: string;
  readonly what: string;
}

function inCluster(resource: KubernetesResource, all: readonly Resource[]): readonly Found[] {
  const { id, body, kind } = resource;
  if (kind === 'PodDisruptionBudget') {
    const least = at(body, 'spec', 'maxUnavailable') === 1 && at(body, 'spec', 'minAvailable') === undefined;
    return least ? [] : [{ id, what: 'more than one of them could be evicted at a time' }];
  }
  if (podTemplate(resource) === null) return [];
  const wrong = kind === 'StatefulSet' ? [...update(body), ...volumes(resource)] : [`it is a ${kind}`];
  const budget = all.some(
    (one) =>
      one.target === 'kubernetes' &&
      one.kind === 'PodDisruptionBudget' &&
      one.place === resource.place &&
      at(one.body, 'spec', 'selector', 'matchExpressions') === undefined &&
      selects(at(one.body, 'spec', 'selector', 'matchLabels'), resource),
  );
  return [...wrong, ...(budget ? [] : ['no disruption budget selects its pods'])].map((what) => ({
    id,
    what,
  }));
}

function update(body: Json): readonly string[] {
  const rolling = at(body, 'spec', 'updateStrategy', 'rollingUpdate');
  const most = isRecord(rolling) ? (rolling.maxUnavailable ?? 1) : 1;
  return [
    ...(at(body, 'spec', 'replicas') === MEMBERS ? [] : [`it is not ${MEMBERS} pods`]),
    ...((at(body, 'spec', 'ordinals', 'start') ?? 0) === 0 ? [] : ['its pods would get other volumes']),
    ...(at(body, 'spec', 'updateStrategy', 'type') === 'RollingUpdate' && most === 1
      ? []
      : ['its pods would not be changed one by one']),
    ...(at(body, 'spec', 'podManagementPolicy') === 'Parallel'
      ? []
      : ['its pods would wait for each other at a start, and a start needs all of them']),
  ];
}

/** The memory of a service is in its folder `/data`. */
function volumes(resource: KubernetesResource): readonly string[] {
  const claims = records(at(resource.body, 'spec', 'volumeClaimTemplates'));
  const data = claims.find((claim) => at(claim, 'metadata', 'name') === 'data');
  const template = podTemplate(resource) ?? undefined;
  const brought = records(at(template, 'spec', 'volumes')).some(({ name }) => name === 'data');
  const mounted = records(at(template, 'spec', 'containers')).flatMap((container) =>
    records(container.volumeMounts).filter(({ mountPath }) => mountPath === '/data'),
  );
  const retained = at(resource.body, 'spec', 'persistentVolumeClaimRetentionPolicy');
  const keeps = ['whenDeleted', 'whenScaled'].every(
    (when) => isRecord(retained) && retained[when] === 'Retain',
  );
  const modes = at(data, 'spec', 'accessModes');
  const once = isList(modes) && modes.length === 1 && modes[0] === 'ReadWriteOncePod';
  return [
    ...(data !== undefined && once && !brought && mounted.length === 1 && mounted[0]?.name === 'data'
      ? []
      : ['its memory in /data is not in a claim of one pod']),
    ...(keeps ? [] : ['its volumes would go with the set']),
  ];
}

/** Each unit is changed after the one before it grants. */
function onMachines(all: readonly Resource[]): readonly Found[] {
  const byService = Map.groupBy(
    all.filter((one) => one.target === 'machine' && one.kind === 'unit'),
    ({ subject }) => subject.pool,
  );
  return [...byService.values()].flatMap((units): readonly Found[] => {
    const order = units.map(({ id }) => id);
    const loose = units.filter(({ afterHealthy }) => !afterHealthy.some((id) => order.includes(id)));
    const [, ...others] = loose;
    return [
      ...(units.length === MEMBERS
        ? []
        : [{ id: order[0] ?? '', what: `its service is not ${MEMBERS} units` }]),
      ...others.map(({ id }) => ({ id, what: 'it would be changed together with another service' })),
      ...units
        .filter(
          (unit) => unit.target === 'machine' && unit.body.kind === 'unit' && !READY.test(unit.body.text),
        )
        .map(({ id }) => ({ id, what: 'it does not name the address that shows whether it grants' })),
    ];
  });
}

const READY = /^Ready=https:\/\/127\.0\.0\.1:\d+\/readyz$/m;
