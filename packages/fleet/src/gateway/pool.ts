import { counted, messageOf } from '@watchbill/kit';
import type { Backend } from './backend.ts';
import type { GatewaySettings } from './settings.ts';

export interface BackendPool {
  /** The least busy ready node, except for the named ones; null if none is ready. */
  readonly pick: (but?: ReadonlySet<Backend>) => Backend | null;
  readonly backends: readonly Backend[];
  /** Asks every node once for its state. */
  readonly check: () => Promise<void>;
}

interface Seen {
  readonly backend: Backend;
  readonly height: number | null;
  readonly isSyncing: boolean;
  readonly failure: string;
}

/** A busy node may answer late: a short pause of the node, or of this process, is not an outage. */
const LEAST_PATIENCE_MS = 1_000;

const QUESTIONS = JSON.stringify([
  { jsonrpc: '2.0', id: 1, method: 'system_health', params: [] },
  { jsonrpc: '2.0', id: 2, method: 'chain_getHeader', params: [] },
  { jsonrpc: '2.0', id: 3, method: 'chain_getBlockHash', params: [0] },
]);

/**
 * Compares nodes with the best of them. A node that syncs, is more than `mostLag` blocks behind, follows
 * another chain or gives no answer is not asked until it is back. If no genesis is given and nodes disagree,
 * none is ready.
 */
export function backendPool(
  backends: readonly Backend[],
  { genesis, pool: { mostLag, checkIntervalMs, timeoutMs } }: Pick<GatewaySettings, 'genesis' | 'pool'>,
  nowMs: () => number,
): BackendPool {
  let turn = 0;
  return {
    backends,
    pick: (but) => {
      turn += 1;
      let least = Number.POSITIVE_INFINITY;
      const equal: Backend[] = [];
      for (const one of backends) {
        if (one.state !== 'ready' || one.load > least || but?.has(one) === true) continue;
        if (one.load < least) equal.length = 0;
        least = one.load;
        equal.push(one);
      }
      return equal[turn % Math.max(1, equal.length)] ?? null;
    },
    check: async () => {
      const seen = await Promise.all(
        backends.map((one) =>
          look(one, Math.min(timeoutMs, Math.max(LEAST_PATIENCE_MS, checkIntervalMs * 2))),
        ),
      );
      const chain = genesis ?? agreed(seen);
      const best = Math.max(
        0,
        ...seen.filter(({ backend }) => backend.genesis === chain).map(({ height }) => height ?? 0),
      );
      for (const one of seen) settle(one, chain, best, mostLag, nowMs());
    },
  };
}

/** The chain of all nodes that answered; null if they disagree, or none answered. */
function agreed(seen: readonly Seen[]): string | null {
  const chains = new Set(seen.map(({ backend }) => backend.genesis).filter((one) => one !== null));
  const [only] = chains;
  return chains.size === 1 ? (only ?? null) : null;
}

async function look(backend: Backend, timeoutMs: number): Promise<Seen> {
  const failed = (failure: string): Seen => ({ backend, height: null, isSyncing: false, failure });
  try {
    const answers = JSON.parse(await backend.ask(QUESTIONS, timeoutMs)) as unknown;
    if (!Array.isArray(answers)) return failed('it does not answer a batch');
    const byId = new Map(answers.map((one: { id?: unknown; result?: unknown }) => [one?.id, one?.result]));
    const health = byId.get(1) as { readonly isSyncing?: unknown } | undefined;
    const header = byId.get(2) as { readonly number?: unknown } | undefined;
    const block = byId.get(3);
    const height = typeof header?.number === 'string' ? Number(header.number) : Number.NaN;
    if (typeof block !== 'string' || !Number.isSafeInteger(height) || typeof health?.isSyncing !== 'boolean')
      return failed('its answer is not that of a Substrate node');
    backend.genesis = block;
    return { backend, height, isSyncing: health.isSyncing, failure: '' };
  } catch (error) {
    return failed(messageOf(error));
  }
}

function settle(
  { backend, height, isSyncing, failure }: Seen,
  chain: string | null,
  best: number,
  mostLag: number,
  now: number,
): void {
  backend.height = height;
  const [state, detail] = judged();
  backend.state = state;
  backend.detail = detail;
  if (state === 'ready') backend.notReadySinceMs = null;
  else backend.notReadySinceMs ??= now;

  function judged(): readonly [Backend['state'], string] {
    if (height === null) return ['down', failure];
    if (chain === null) return ['wrong-chain', 'the nodes follow different chains: name one by `genesis`'];
    if (backend.genesis !== chain) return ['wrong-chain', `it follows the chain ${backend.genesis}`];
    if (isSyncing) return ['syncing', 'it reports that it is syncing'];
    if (best - height > mostLag) return ['lagging', `${counted(best - height, 'block')} behind the best`];
    return ['ready', ''];
  }
}
