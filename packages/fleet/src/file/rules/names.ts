import { problemAt, type Rule } from './context.ts';

/** A node has its own name in the whole network: its keys, backups and alerts go by it. */
export const namesAreApart: Rule = (context) => {
  const owner = new Map<string, string>();
  return context.network.pools.flatMap((pool) => {
    const shared = pool.nodes.find(({ name }) => owner.has(name));
    for (const { name } of pool.nodes) if (!owner.has(name)) owner.set(name, pool.name);
    if (shared === undefined) return [];
    const other = owner.get(shared.name);
    return [
      problemAt(context, ['pools', pool.name], {
        code: 'contradiction',
        what: `pool ${pool.name} at ${shared.place} and pool ${other} both have a node ${shared.name}`,
        remedy: 'give one of the pools another name; a node is called POOL-PLACE-NUMBER',
      }),
    ];
  });
};
