import type { Graph } from '../../graph/resource.ts';
import { clustersOf, fileName, yamlText } from './objects.ts';
import type { RenderedFile } from './rendered-file.ts';

/** A folder for each cluster, for `kubectl apply --server-side -k`. */
export function kustomizeFiles(
  graph: Pick<Graph, 'places' | 'resources'>,
  signers: boolean,
): readonly RenderedFile[] {
  return clustersOf(graph, signers).flatMap(({ name, resources }) => {
    const files = resources.map((resource) => ({
      path: `${name}/${fileName(resource)}`,
      text: yamlText(resource.body),
    }));
    const kustomization = {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      resources: files.map(({ path }) => path.slice(name.length + 1)),
    };
    return [{ path: `${name}/kustomization.yaml`, text: yamlText(kustomization) }, ...files];
  });
}
