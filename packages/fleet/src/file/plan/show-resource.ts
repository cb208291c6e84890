import { counted } from '@watchbill/kit';
import { at, containersOf, podTemplate, records } from '../graph/process.ts';
import type { Step } from './change.ts';
import { shortDigest, textOf } from './show-fields.ts';

/** The purpose of a kind, shown when it is created or removed. */
const GLOSSES: Readonly<Record<string, string>> = {
  Namespace: 'contains all objects of the network',
  ValidatingAdmissionPolicy: 'holds signers at one pod each',
  ValidatingAdmissionPolicyBinding: 'puts that policy in force',
  ServiceAccount: 'an account without rights, for its pods',
  NetworkPolicy: 'the allowed connections',
  ConfigMap: 'the chain specification',
  PodDisruptionBudget: 'maintenance takes one node at a time',
  PodMonitor: 'Prometheus reads its metrics',
  Service: 'an address',
  HTTPRoute: 'public RPC of the nodes themselves, without keys or quotas',
  HorizontalPodAutoscaler: 'more pods under load',
  ScaledObject: 'more pods with more sessions',
  StatefulSet: 'nodes',
  user: 'the user of nodes',
  directory: 'a folder',
  binary: 'an executable, checked by its digest',
  file: 'a file',
  unit: 'a node',
};

/** In brackets behind its name. */
export function glossOf(step: Step): string {
  const gloss = GLOSSES[kindOf(step)];
  return step.action === 'update' || gloss === undefined ? '' : `   (${gloss})`;
}

/** The content of a new set or unit, in a line. */
export function contentLines({ resource }: Step): readonly string[] {
  if (resource === null) return [];
  if (resource.target === 'machine') {
    const { body } = resource;
    return body.kind === 'binary'
      ? [`        from ${body.source}, SHA-256 ${body.sha256.slice(0, 12)}…`]
      : [];
  }
  const template = podTemplate(resource);
  if (template === null) return [];
  const image = containersOf(template).map((container) => shortDigest(textOf(container.image)));
  const count = at(resource.body, 'spec', 'replicas');
  const volumes = records(at(resource.body, 'spec', 'volumeClaimTemplates')).map(
    (claim) =>
      `${textOf(at(claim, 'metadata', 'name'))} ${textOf(at(claim, 'spec', 'resources', 'requests', 'storage'))}`,
  );
  const pods = count === undefined ? 'its scaler sets the number of pods' : counted(Number(count), 'pod');
  return [`        ${pods} of ${image.join(', ')}`, `        volumes of each: ${volumes.join(', ')}`];
}

/** A new and harmless resource needs no reason. */
export function whyLines({ risk, why, subject, action }: Step): readonly string[] {
  return risk === 'safe' && (subject.keySet === null || action === 'delete') ? [] : [`        ${why}`];
}

/** `PLACE/KIND/…`. */
export function kindOf({ resourceId }: Step): string {
  return resourceId.split('/')[1] ?? '';
}

/** `PLACE/KIND/NAMESPACE/NAME`; kinds of clusters are written large, and on machines a path may follow. */
export function nameOf({ resourceId, resource }: Step): string {
  const [, kind = '', ...rest] = resourceId.split('/');
  return resource?.name ?? (/^[A-Z]/.test(kind) ? rest.slice(1) : rest).join('/');
}
