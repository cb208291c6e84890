import { isRecord, type JsonRecord } from '@watchbill/kit';
import type { KubernetesObject, KubernetesResource } from '../../file/graph/index.ts';
import type { Step } from '../../file/plan/index.ts';

/**
 * Stages for a change of many identical pods: first one pod, then half, then all. Null if the step needs no
 * stages: it replaces no pods, or there is only one.
 */
export function stagesOf(step: Step): readonly KubernetesResource[] | null {
  const { resource, action, gate, fields, subject } = step;
  if (action !== 'update' || gate !== 'healthy' || resource?.target !== 'kubernetes') return null;
  if (resource.body.kind !== 'StatefulSet' || subject.keySet !== null) return null;
  if (!fields.some(({ path }) => path[0] === 'spec' && path[1] === 'template')) return null;
  const spec = isRecord(resource.body.spec) ? resource.body.spec : {};
  const strategy = isRecord(spec.updateStrategy) ? spec.updateStrategy : {};
  const replicas = Number(spec.replicas ?? 1);
  // If the file itself holds pods back, or replaces them by hand, its settings apply.
  if (replicas < 2 || strategy.type === 'OnDelete' || partitionOf(strategy) > 0) return null;
  const partitions = [...new Set([replicas - 1, Math.floor(replicas / 2), 0])];
  return partitions.map((partition) => ({ ...resource, body: withPartition(resource.body, partition) }));
}

function partitionOf(strategy: JsonRecord): number {
  return Number(isRecord(strategy.rollingUpdate) ? (strategy.rollingUpdate.partition ?? 0) : 0);
}

/** The last stage is the declared object, so that no difference remains. */
export function withPartition(body: KubernetesObject, partition: number): KubernetesObject {
  if (partition === 0) return body;
  const spec = isRecord(body.spec) ? body.spec : {};
  const strategy = isRecord(spec.updateStrategy) ? spec.updateStrategy : { type: 'RollingUpdate' };
  const rolling = isRecord(strategy.rollingUpdate) ? strategy.rollingUpdate : {};
  const updateStrategy = { ...strategy, rollingUpdate: { ...rolling, partition } };
  return { ...body, spec: { ...spec, updateStrategy } };
}
