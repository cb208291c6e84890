import { createServer } from 'node:http';
import { listening } from '@watchbill/kit/testing';

const GIB = 2 ** 30;

/**
 * In place of a Prometheus that reads kubelets, until the test or its file ends. `used`: the share of each
 * claim of the namespace that is in use; of other claims nothing is known. Answers the URL.
 */
export async function fakePrometheus(
  namespace: string,
  used: ReadonlyMap<string, number> = new Map(),
  capacityGiB = 100,
): Promise<string> {
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '/', 'http://x').searchParams.get('query') ?? '';
    const isUsed = query.startsWith(`kubelet_volume_stats_used_bytes{namespace="${namespace}"}`);
    const result = [...used].map(([persistentvolumeclaim, share]) => ({
      metric: { persistentvolumeclaim },
      value: [0, String((isUsed ? share : 1) * capacityGiB * GIB)],
    }));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
  });
  return `http://127.0.0.1:${await listening(server)}`;
}
