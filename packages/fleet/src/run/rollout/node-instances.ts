import { isRecord, type Json } from '@watchbill/kit';
import { isOfService } from '../../file/graph/index.ts';
import type { LiveResource } from '../../file/live/index.ts';
import { isWorkload } from '../../file/plan/index.ts';
import type { NodeInstance } from './node-connections.ts';

/**
 * The nodes that live resources run, those of one resource in the order in which a roll-out changes them: the
 * last pod first. A permission service is not a node: it has no RPC. Pure.
 */
export function instancesOf(live: Iterable<LiveResource>, network: string): readonly NodeInstance[] {
  return [...live].flatMap((one) => {
    if (!isWorkload(one.kind) || one.network !== network || isOfService(one.subject)) return [];
    const count = one.kind === 'StatefulSet' ? replicasOf(one.body) : 1;
    return Array.from({ length: count }, (_, index): NodeInstance => {
      const ordinal = count - 1 - index;
      return {
        node: one.subject.node ?? (one.kind === 'StatefulSet' ? `${one.name}-${ordinal}` : one.name),
        pool: one.subject.pool ?? '',
        place: one.place,
        resourceId: one.id,
        ordinal,
        signs: one.subject.keySet !== null,
      };
    });
  });
}

export function replicasOf(body: Json): number {
  const spec = isRecord(body) ? body.spec : undefined;
  const replicas = isRecord(spec) ? (spec.replicas ?? 1) : 1;
  return typeof replicas === 'number' ? replicas : 1;
}
