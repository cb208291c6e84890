import { at, isSigner, podTemplate } from '../../graph/process.ts';
import type { KubernetesResource, Resource } from '../../graph/resource.ts';
import type { Breach } from './breach.ts';

/**
 * A signer is a StatefulSet of one pod, without an autoscaler. A set replaces a pod only after it is gone.
 */
export function runsOnce(resources: readonly Resource[]): readonly Breach[] {
  const cluster = resources.filter((resource) => resource.target === 'kubernetes');
  const signers = cluster.filter((resource) => podTemplate(resource) !== null && isSigner(resource));
  const scaled = new Set(cluster.flatMap(targetOf));
  return signers.flatMap((signer): readonly Breach[] => {
    const what = whyNotOnce(signer, scaled);
    return what === null ? [] : [{ invariant: 'signer-runs-once', resourceId: signer.id, what }];
  });
}

function whyNotOnce(
  { kind, name, place, body }: KubernetesResource,
  scaled: ReadonlySet<string>,
): string | null {
  if (kind !== 'StatefulSet') return `a ${kind} may run two pods at a time`;
  if (at(body, 'spec', 'replicas') !== 1) return 'its number of replicas is not 1';
  if (at(body, 'spec', 'podManagementPolicy') === 'Parallel') return 'its pods would not wait for each other';
  if ((at(body, 'spec', 'ordinals', 'start') ?? 0) !== 0)
    return 'its pod would get another number, and start while the earlier one still runs';
  const graceSeconds = at(body, 'spec', 'template', 'spec', 'terminationGracePeriodSeconds') ?? 30;
  if (!(Number(graceSeconds) > 0)) return 'the server would forget its pod at once, while it still runs';
  const namespace = String(at(body, 'metadata', 'namespace'));
  if (scaled.has(`${place}/${namespace}/${kind}/${name}`)) return 'an autoscaler would make more of it';
  return null;
}

/** The target of an autoscaler. */
function targetOf({ kind, place, body }: KubernetesResource): readonly string[] {
  if (kind !== 'HorizontalPodAutoscaler' && kind !== 'ScaledObject' && kind !== 'VerticalPodAutoscaler')
    return [];
  const target = at(body, 'spec', kind === 'VerticalPodAutoscaler' ? 'targetRef' : 'scaleTargetRef');
  const of = String(at(target, 'kind') ?? 'Deployment');
  return [`${place}/${String(at(body, 'metadata', 'namespace'))}/${of}/${String(at(target, 'name'))}`];
}
