import { nodePortOf, portsOf } from '../emit/ports.ts';
import type { Problem } from '../network/problem.ts';
import { chainsOf, type FleetNode } from '../normalise/network.ts';
import { type Rule, settingProblem } from './context.ts';

const LAST_PORT = 65_535;

/** The nodes of one machine listen on different ports. */
export const portsAreApart: Rule = ({ network }) => {
  const taken = new Map<string, FleetNode>();
  const problems: Problem[] = [];
  for (const node of network.pools.flatMap(({ nodes }) => nodes)) {
    if (network.places.get(node.place)?.target !== 'machine') continue;
    for (const [key, port] of Object.entries(portsOf(node, 'machine'))) {
      if (chainsOf(network, node).beside === null && key.startsWith('relay')) continue;
      if (port > LAST_PORT) {
        problems.push(
          settingProblem(node, `ports.${key}`, {
            code: 'ports',
            what: `${node.name} would listen on port ${port} of ${node.place}, above ${LAST_PORT}`,
            remedy: `set a lower ports.${key} of pool ${node.pool}; node N of a machine listens on that port plus N`,
          }),
        );
        continue;
      }
      const at = `${node.place}:${port}`;
      const before = taken.get(at);
      if (before === undefined) taken.set(at, node);
      else
        problems.push(
          settingProblem(node, `ports.${key}`, {
            code: 'ports',
            what: `${node.name} would listen on port ${port} of ${node.place}, as ${before.name} does`,
            remedy: `set ports.${key} of pool ${node.pool}; node N of a machine listens on that port plus N`,
          }),
        );
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
