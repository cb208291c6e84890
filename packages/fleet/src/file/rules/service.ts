import { portsOf } from '../emit/node-ports.ts';
import type { Problem } from '../network/problem.ts';
import { chainsOf, type Network } from '../normalise/network.ts';
import { etcdName, type FleetService } from '../normalise/service.ts';
import {
  placesOf,
  problemAt,
  type Rule,
  type RuleContext,
  roleOf,
  settingProblem,
  settingsOwners,
} from './context.ts';

/** The section `service` fits its places, its names are free, and the nodes that refer to it can reach it. */
export const serviceFits: Rule = (context) => {
  const { service } = context.network;
  if (service === null) return [];
  return [
    ...software(context, service),
    ...storeFits(context, service),
    ...namesAreFree(context, service),
    ...(service.target === 'machine'
      ? portIsFree(context.network, service)
      : outside(context.network, service)),
  ];
};

function wrong(context: RuleContext, path: readonly string[], what: string, remedy: string): Problem {
  return problemAt(context, ['service', ...path], { code: 'service', what, remedy });
}

function software(context: RuleContext, { target, settings }: FleetService): readonly Problem[] {
  if (target === 'kubernetes' && settings.image === null)
    return [
      problemAt(context, ['service', 'image'], {
        code: 'software',
        what: 'the service has no image, and none is published',
        remedy:
          'build one from the Containerfile in `deploy/` of the repository of watchbill, push it, and write `image: REPOSITORY@sha256:…`',
      }),
    ];
  if (target === 'machine' && !settings.command.startsWith('/'))
    return [
      wrong(
        context,
        ['command'],
        `the machines have no path of the executable ${settings.command}`,
        'install watchbill there, and write its path: `command: /opt/watchbill/bin/watchbill`',
      ),
    ];
  return [];
}

function storeFits(context: RuleContext, { target, settings }: FleetService): readonly Problem[] {
  const { etcd, tls } = settings.store;
  if (etcd === undefined) return [];
  if (target === 'machine')
    return [
      wrong(
        context,
        ['store', 'etcd'],
        'an etcd of this file runs in a cluster only, and the service runs on machines',
        'name the members of an etcd that exists: `endpoints: [https://HOST:2379]`',
      ),
    ];
  if ([tls, settings.tls, settings.operator, settings.store.password].includes(etcd.tls))
    return [
      wrong(
        context,
        ['store', 'etcd', 'tls'],
        `the Secret ${etcd.tls} would be reached by the services and by their etcd`,
        'name another Secret for the members of etcd',
      ),
    ];
  return tls === undefined
    ? [
        wrong(
          context,
          ['store', 'tls'],
          'the etcd of this file accepts clients with a certificate only',
          'write `tls: SECRET` in service.store: the Secret with the certificate of the services as clients',
        ),
      ]
    : [];
}

/** Labels and names of objects are those of pools: `NAME`, `NAME-etcd`, and the members of machines. */
function namesAreFree(context: RuleContext, { name, members, settings }: FleetService): readonly Problem[] {
  const { pools } = context.network;
  const own = new Set([
    name,
    ...(settings.store.etcd === undefined ? [] : [etcdName(name)]),
    ...members.map((member) => member.name),
  ]);
  const taken = pools
    .flatMap((pool) => [
      pool.name,
      ...[...pool.places.keys()].map((place) => `${pool.name}-${place}`),
      ...pool.nodes.map((node) => node.name),
    ])
    .find((one) => own.has(one));
  return taken === undefined
    ? []
    : [
        wrong(
          context,
          ['name'],
          `a pool, or a node of one, is called ${taken} too`,
          'give the service another name',
        ),
      ];
}

function portIsFree(network: Network, { members, settings }: FleetService): readonly Problem[] {
  return network.pools
    .flatMap(({ nodes }) => nodes)
    .filter((node) => members.some(({ place }) => place === node.place))
    .flatMap((node): readonly Problem[] => {
      const relay = chainsOf(network, node).beside !== null;
      const taken = Object.entries(portsOf(node, 'machine')).find(
        ([key, port]) => port === settings.port && (relay || !key.startsWith('relay')),
      );
      if (taken === undefined) return [];
      return [
        settingProblem(node, `ports.${taken[0]}`, {
          code: 'ports',
          what: `${node.name} would listen on port ${settings.port} of ${node.place}, as the service does`,
          remedy: `set ports.${taken[0]} of pool ${node.pool}, or service.port`,
        }),
      ];
    });
}

/** Names of pods are known inside their cluster only. */
function outside(network: Network, { name, members }: FleetService): readonly Problem[] {
  const home = members[0]?.place ?? '';
  return settingsOwners(network)
    .filter(({ settings }) => settings.duty?.service === name)
    .flatMap((owner): readonly Problem[] => {
      const other = placesOf(owner, network).find((place) => place !== home);
      if (other === undefined) return [];
      return [
        settingProblem(owner, 'duty.service', {
          code: 'duty',
          what: `${roleOf(owner)} runs at ${other}, and the pods of the service ${name} are reached inside the cluster ${home} only`,
          remedy:
            'run the service on three machines; or name addresses that both reach: `duty: {services: [https://HOST:PORT]}`',
        }),
      ];
    });
}
