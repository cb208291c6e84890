import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { JsonRecord } from '@watchbill/kit';
import { listening } from '@watchbill/kit/testing';
import type { Client, Reply } from '../../kubernetes/client.ts';
import { kubeletUsage, prometheusUsage } from './usage.ts';

const NEVER = new AbortController().signal;
const PLACE = { target: 'kubernetes', name: 'east', context: null, namespace: 'nodes' } as const;

/** Kubelets as an API server hands them on; one that is not among them does not answer. */
function fakeClient(kubelets: Readonly<Record<string, JsonRecord>>): Client {
  const ask = async ({ path }: { readonly path: string }): Promise<Reply> => {
    const [, name = ''] = /^\/api\/v1\/nodes\/([^/]+)\/proxy\/stats\/summary$/.exec(path) ?? [];
    const body = kubelets[name];
    return body === undefined ? { kind: 'unreachable', detail: '' } : { kind: 'answer', status: 200, body };
  };
  return { server: 'https://server', ask, tell: ask };
}

const volume = (name: string, namespace: string, usedBytes: number) => ({
  usedBytes,
  capacityBytes: 100,
  pvcRef: { name, namespace },
});

test('kubelets tell of the volumes of the namespace; one that is silent is named', async () => {
  const client = fakeClient({
    one: {
      pods: [
        { volume: [volume('data-a-0', 'nodes', 80), volume('data-b-0', 'others', 70), { usedBytes: 1 }] },
        {},
      ],
    },
    odd: { pods: 'none' },
  });
  const { byClaim, problems } = await kubeletUsage({ client, place: PLACE }, ['odd', 'one', 'two'], NEVER);
  assert.deepEqual([...byClaim], [['data-a-0', { usedBytes: 80, capacityBytes: 100 }]]);
  assert.equal(problems.length, 2);
  assert.match(problems.join(), /kubelet of odd.*kubelet of two/);
});

async function prometheus(context: TestContext, answer: (series: string) => unknown): Promise<string> {
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '/', 'http://x').searchParams.get('query') ?? '';
    response.end(JSON.stringify(answer(query)));
  });
  return `http://127.0.0.1:${await listening(server, context)}`;
}

const series = (...values: readonly (readonly [claim: string, value: string])[]) => ({
  status: 'success',
  data: {
    resultType: 'vector',
    result: values.map(([persistentvolumeclaim, value]) => ({
      metric: { persistentvolumeclaim },
      value: [1, value],
    })),
  },
});

test('the use of a claim is unknown if two clusters have it, or if it has only one figure', async (context) => {
  const url = await prometheus(context, (query) =>
    query === 'kubelet_volume_stats_used_bytes{namespace="nodes"}'
      ? series(['a', '80'], ['twice', '10'], ['twice', '90'], ['alone', '5'])
      : series(['a', '100'], ['twice', '100']),
  );
  const { byClaim, problems } = await prometheusUsage(url, 'nodes', NEVER);
  assert.deepEqual([...byClaim], [['a', { usedBytes: 80, capacityBytes: 100 }]]);
  assert.deepEqual(problems, []);
});

test('a Prometheus without an answer, or with a wrong one, leaves the use unknown', async (context) => {
  for (const url of ['http://127.0.0.1:1', await prometheus(context, () => ({ status: 'error' }))]) {
    const { byClaim, problems } = await prometheusUsage(url, 'nodes', NEVER);
    assert.equal(byClaim.size, 0);
    assert.equal(problems.length, 1);
  }
});
