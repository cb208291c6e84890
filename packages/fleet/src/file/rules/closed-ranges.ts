import { BlockList, isIP, isIPv6 } from 'node:net';
import type { Problem } from '../network/problem.ts';
import type { FleetNode, Network } from '../normalise/network.ts';
import { problemAt, type Rule } from './context.ts';

/**
 * No range that a file closes holds an address that its nodes need: a machine, a boot node, a permission
 * service.
 */
export const rangesLeaveNodes: Rule = (context) => {
  const { network } = context;
  return Object.entries(network.file.clusters ?? {}).flatMap(([name, { closedRanges = [] }]) => {
    const nodes = network.pools.flatMap((pool) => pool.nodes);
    const needed = neededBy(network, nodes, name);
    return closedRanges.flatMap((range, index): readonly Problem[] => {
      const hit = needed.find(({ address }) => contains(range, address));
      if (hit === undefined) return [];
      return [
        problemAt(context, ['clusters', name, 'closedRanges', `${index}`], {
          code: 'exposure',
          what: `${range} holds ${hit.address}, the address of ${hit.of}, which nodes of ${name} have to reach`,
          remedy: 'close smaller ranges that leave it out',
        }),
      ];
    });
  });
};

interface Needed {
  readonly address: string;
  readonly of: string;
}

function neededBy(network: Network, nodes: readonly FleetNode[], cluster: string): readonly Needed[] {
  const found = [
    ...[...network.places.values()].flatMap((place) =>
      place.target === 'machine' ? [{ address: place.host, of: `machine ${place.name}` }] : [],
    ),
    ...nodes.flatMap(({ name, settings }) => {
      const [, address] = /^\/ip[46]\/([^/]+)\//.exec(settings.exposure.address ?? '') ?? [];
      return address === undefined ? [] : [{ address, of: `node ${name}` }];
    }),
    ...nodes
      .filter(({ place }) => place === cluster)
      .flatMap(({ settings }) => settings.duty?.services ?? [])
      .filter((service) => service.startsWith('https:'))
      .map((service) => ({
        address: new URL(service).hostname.replace(/^\[|\]$/g, ''),
        of: 'a permission service',
      })),
  ];
  return found.filter(({ address }) => isIP(address) !== 0);
}

function contains(range: string, address: string): boolean {
  const [start = '', bits] = range.split('/');
  if (isIPv6(start) !== isIPv6(address)) return false;
  const family = isIPv6(start) ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(start, Number(bits), family);
  return list.check(address, family);
}
