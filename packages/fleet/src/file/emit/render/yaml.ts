import type { Graph } from '../../graph/resource.ts';
import { clustersOf, yamlText } from './objects.ts';
import type { RenderedFile } from './rendered-file.ts';

/** One file for each cluster, for `kubectl apply --server-side -f`. */
export function yamlFiles(
  graph: Pick<Graph, 'places' | 'resources'>,
  signers: boolean,
): readonly RenderedFile[] {
  return clustersOf(graph, signers).map(({ name, resources }) => ({
    path: `${name}.yaml`,
    text: resources.map(({ body }) => yamlText(body)).join('---\n'),
  }));
}
