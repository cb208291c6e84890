import { nearest } from '@watchbill/kit';
import type { Problem } from '../network/problem.ts';
import { problemAt, type Rule } from './context.ts';

/** Pools run at places of the file, and instances are nodes that their pool has. */
export const placesExist: Rule = (context) => {
  const { network, source } = context;
  const known = [...network.places.keys()];
  return network.pools.flatMap((pool) => {
    const written = network.file.pools?.[pool.name];
    const unknown = [...pool.places.keys()]
      .filter((place) => !network.places.has(place))
      .map((place): Problem => {
        const path = ['pools', pool.name, ...(written?.places === undefined ? ['place'] : ['places', place])];
        const near = nearest(place, known);
        return {
          code: 'unknown-place',
          path: path.join('.'),
          at: written?.places === undefined ? source.positionOf(path) : source.keyPositionOf(path),
          what: `there is no cluster and no machine ${place}`,
          remedy: near === null ? `name one of: ${known.join(', ')}` : `did you mean ${near}?`,
        };
      });
    const ids = pool.nodes.map(({ place, index }) => `${place}-${index}`);
    const strangers = Object.keys(written?.instances ?? {})
      .filter((id) => !ids.includes(id))
      .map((id) =>
        problemAt(context, ['pools', pool.name, 'instances', id], {
          code: 'unknown-instance',
          what: `pool ${pool.name} has no node ${id}`,
          remedy: instanceRemedy(id, ids),
        }),
      );
    return [...unknown, ...strangers];
  });
};

function instanceRemedy(id: string, ids: readonly string[]): string {
  const near = nearest(id, ids);
  if (near !== null) return `did you mean ${near}?`;
  return ids.length === 0 ? 'the pool has no node' : `use PLACE-NUMBER: ${ids.slice(0, 8).join(', ')}`;
}

/** With two names for one place, each would remove the objects of the other. */
export const placesAreApart: Rule = (context) => {
  const first = new Map<string, string>();
  return [...context.network.places.values()].flatMap((place) => {
    const cluster = place.target === 'kubernetes';
    const where = cluster ? `${place.context ?? ''}/${place.namespace}` : `${place.host}:${place.port}`;
    const before = first.get(`${place.target} ${where}`);
    if (before === undefined) first.set(`${place.target} ${where}`, place.name);
    return before === undefined
      ? []
      : [
          problemAt(context, [cluster ? 'clusters' : 'machines', place.name], {
            code: 'contradiction',
            what: `${place.name} is the same ${cluster ? 'cluster and namespace' : 'machine'} as ${before}`,
            remedy: cluster
              ? 'give each its own context of the kubeconfig: `{context: NAME}`; or another namespace'
              : 'name each machine once; several nodes of it are a higher count',
          }),
        ];
  });
};
