import { portsOf } from '../emit/ports.ts';
import type { Problem } from '../network/problem.ts';
import { chainsOf, type FleetNode } from '../normalise/network.ts';
import { type Rule, settingProblem } from './context.ts';

/** The nodes of one machine listen on different ports. */
export const portsAreApart: Rule = ({ network }) => {
  const taken = new Map<string, FleetNode>();
  const problems: Problem[] = [];
  for (const node of network.pools.flatMap(({ nodes }) => nodes)) {
    if (network.places.get(node.place)?.target !== 'machine') continue;
    for (const [key, port] of Object.entries(portsOf(node, 'machine'))) {
      if (chainsOf(network, node).beside === null && key.startsWith('relay')) continue;
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
