import { type Json, messageOf } from '@watchbill/kit';
import { call } from '@watchbill/kit/call';
import { z } from 'zod';
import type { OpenCluster } from '../cluster/open.ts';

/** How full the volumes of a namespace are, by claim; missing claims are unknown. */
export interface Usage {
  readonly byClaim: ReadonlyMap<string, { readonly usedBytes: number; readonly capacityBytes: number }>;
  /** Why some of it may be missing. */
  readonly problems: readonly string[];
}

const LIMITS = { deadlineMs: 15_000, mostBytes: 64 * 2 ** 20 };
const answer = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('vector'),
    result: z.array(
      z.object({
        metric: z.object({ persistentvolumeclaim: z.string() }),
        value: z.tuple([z.number(), z.string()]),
      }),
    ),
  }),
});

/**
 * From a Prometheus that reads the kubelets. A claim that exists in two clusters is unknown, because the
 * series do not show which one is meant.
 */
export async function prometheusUsage(url: string, namespace: string, outer: AbortSignal): Promise<Usage> {
  const ask = async (series: string): Promise<ReadonlyMap<string, number | null>> => {
    const query = new URL('api/v1/query', url.endsWith('/') ? url : `${url}/`);
    query.searchParams.set('query', `${series}{namespace="${namespace}"}`);
    const { data } = await call(query, { shape: answer, signal: outer, ...LIMITS });
    const values = new Map<string, number | null>();
    for (const { metric, value } of data.result) {
      const claim = metric.persistentvolumeclaim;
      values.set(claim, values.has(claim) ? null : Number(value[1]));
    }
    return values;
  };
  try {
    const [used, capacity] = await Promise.all([
      ask('kubelet_volume_stats_used_bytes'),
      ask('kubelet_volume_stats_capacity_bytes'),
    ]);
    return { byClaim: joined(used, capacity), problems: [] };
  } catch (error) {
    return {
      byClaim: new Map(),
      problems: [`Prometheus returned an unusable answer: ${messageOf(error)}`],
    };
  }
}

function joined(
  used: ReadonlyMap<string, number | null>,
  capacity: ReadonlyMap<string, number | null>,
): Usage['byClaim'] {
  return new Map(
    [...used].flatMap(([claim, usedBytes]) => {
      const capacityBytes = capacity.get(claim) ?? null;
      return usedBytes === null || capacityBytes === null
        ? []
        : [[claim, { usedBytes, capacityBytes }] as const];
    }),
  );
}

const summary = z.object({
  pods: z
    .array(
      z.object({
        volume: z
          .array(
            z.object({
              usedBytes: z.number().optional(),
              capacityBytes: z.number().optional(),
              pvcRef: z.object({ name: z.string(), namespace: z.string() }).optional(),
            }),
          )
          .optional(),
      }),
    )
    .default([]),
});

/** From the kubelets themselves, through the API server: the right `nodes/proxy` is needed. */
export async function kubeletUsage(
  { client, place }: Pick<OpenCluster, 'client' | 'place'>,
  machines: readonly string[],
  signal: AbortSignal,
): Promise<Usage> {
  const byClaim = new Map<string, { readonly usedBytes: number; readonly capacityBytes: number }>();
  const problems: string[] = [];
  for (const machine of machines) {
    const path = `/api/v1/nodes/${encodeURIComponent(machine)}/proxy/stats/summary`;
    const reply = await client.ask({ method: 'GET', path }, signal);
    const read =
      reply.kind === 'answer' && reply.status === 200 ? summary.safeParse(reply.body satisfies Json) : null;
    if (read?.success !== true) {
      problems.push(`the kubelet of ${machine} does not report how full its volumes are`);
      continue;
    }
    for (const { pvcRef, usedBytes, capacityBytes } of read.data.pods.flatMap(({ volume }) => volume ?? []))
      if (pvcRef?.namespace === place.namespace && usedBytes !== undefined && capacityBytes !== undefined)
        byClaim.set(pvcRef.name, { usedBytes, capacityBytes });
  }
  return { byClaim, problems };
}
