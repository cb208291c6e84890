import { nodePortOf, portsOf } from '../emit/node-ports.ts';
import type { Problem } from '../network/problem.ts';
import { chainsOf, type FleetNode } from '../normalise/network.ts';
import { type Rule, settingProblem } from './context.ts';

const LAST_PORT = 65_535;

/** The nodes of one machine listen on different ports, and so do the parts of each pod. */
export const portsAreApart: Rule = ({ network }) => {
  const taken = new Map<string, FleetNode>();
  const problems: Problem[] = [];
  for (const node of network.pools.flatMap(({ nodes }) => nodes)) {
    const target = network.places.get(node.place)?.target;
    if (target === undefined) continue;
    const host = target === 'machine' ? node.place : `the pod ${node.place}/${node.name}`;
    const problem = (key: string, what: string, remedy: string) =>
      settingProblem(node, `ports.${key}`, {
        code: 'ports',
        what: `${node.name} would listen on ${what}`,
        remedy: `set ${remedy} of pool ${node.pool}${target === 'machine' ? '; node N of a machine listens on that port plus N' : ''}`,
      });
    for (const [key, port] of Object.entries(portsOf(node, target))) {
      if (chainsOf(network, node).beside === null && key.startsWith('relay')) continue;
      const before = taken.get(`${host}:${port}`);
      if (port > LAST_PORT)
        problems.push(problem(key, `port ${port} of ${host}, above ${LAST_PORT}`, `a lower ports.${key}`));
      else if (before === undefined) taken.set(`${host}:${port}`, node);
      else {
        const whose = before === node ? 'for two purposes' : `of ${host}, as ${before.name} does`;
        problems.push(problem(key, `port ${port} ${whose}`, `ports.${key}`));
      }
    }
  }
  return problems;
};

const LAST_NODE_PORT = 32_767;

/** The hosts of a cluster have each port once, and a port of them leads somewhere. */
export const nodePortsFit: Rule = ({ network }) => {
  const taken = new Map<string, FleetNode>();
  return network.pools
    .flatMap(({ nodes }) => nodes)
    .flatMap((node): readonly Problem[] => {
      const { p2p, nodePort } = node.settings.exposure;
      const problem = (what: string, remedy: string) =>
        settingProblem(node, 'exposure.nodePort', {
          code: 'exposure',
          what: `${node.name}: ${what}`,
          remedy,
        });
      if (p2p === 'none' && nodePort !== null)
        return [
          problem(
            'it has a nodePort, but its exposure has no way for peers outside',
            'set exposure.p2p: node-port',
          ),
        ];
      const port = nodePortOf(node);
      if (port === null) return [];
      if (port > LAST_NODE_PORT)
        return [problem(`its nodePort would be ${port}, above ${LAST_NODE_PORT}`, 'choose a lower nodePort')];
      const before = taken.get(`${node.place}:${port}`);
      taken.set(`${node.place}:${port}`, before ?? node);
      if (before === undefined) return [];
      return [
        problem(
          `nodePort ${port} of ${node.place} is that of ${before.name} too`,
          'set another nodePort; node N of a pool adds N to it',
        ),
      ];
    });
};
