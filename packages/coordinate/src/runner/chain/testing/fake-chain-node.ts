import type { NodeRpc, Subscription } from '@watchbill/chain';

/** The node's answer to one call. Throwing fails the call; `SILENCE` never answers. */
export type ChainAnswer = (params: readonly unknown[]) => unknown;

/** The answer that never comes. */
export const SILENCE = Symbol('silence');

/** The chain as the node sees it. */
export interface FakeChainState {
  readonly genesis: string;
  /** Number of the finalised block. */
  readonly finalized: number;
  readonly syncing: boolean;
}

const GENESIS = `0x${'91'.repeat(32)}`;

const hashAt = (height: number): string => `0x${height.toString(16).padStart(64, '0')}`;

function headerAt(height: number) {
  const parentHash = hashAt(Math.max(0, height - 1));
  return {
    number: `0x${height.toString(16)}`,
    parentHash,
    stateRoot: GENESIS,
    extrinsicsRoot: GENESIS,
    digest: { logs: [] },
  };
}

/** A node in memory. A test moves its finalised head, with or without announcing it. */
export function fakeChainNode(
  finalized: number,
  more: Partial<FakeChainState> & { readonly subscribes?: boolean } = {},
) {
  const { subscribes = true, ...given } = more;
  let state: FakeChainState = { genesis: GENESIS, finalized, syncing: false, ...given };
  const answers = new Map<string, ChainAnswer>([
    ['chain_getBlockHash', ([height]) => (height === 0 ? state.genesis : null)],
    ['chain_getFinalizedHead', () => hashAt(state.finalized)],
    ['chain_getHeader', ([hash]) => headerAt(Number(BigInt(String(hash))))],
    ['system_health', () => ({ peers: 3, isSyncing: state.syncing, shouldHavePeers: true })],
  ]);
  const set = (changes: Partial<FakeChainState>): void => {
    state = { ...state, ...changes };
  };
  const calls: string[] = [];
  const listeners = new Set<(item: unknown) => void>();
  const makeUp = (height: number): void => {
    for (const listener of listeners) listener(headerAt(height));
  };
  return {
    rpc: { address: `ws://node-at-${finalized}`, call, subscribe, close: () => listeners.clear() } as NodeRpc,
    /** Answers by method, which a test may change; `SILENCE` never answers. */
    answers,
    /** The methods that were called, in order. */
    calls,
    set,
    /** Announces a head that the node does not have. */
    makeUp,
    announce: (height: number): void => {
      set({ finalized: height });
      makeUp(height);
    },
  };

  async function call<Answer>(method: string, params: readonly unknown[] = []): Promise<Answer> {
    calls.push(method);
    const answer = answers.get(method);
    if (answer === undefined) throw new Error(`${method}: Method not found`);
    const given = answer(params);
    return given === SILENCE ? new Promise(() => undefined) : (given as Answer);
  }

  async function subscribe<Item>(
    _method: string,
    _params: readonly unknown[],
    _unsubscribe: string,
    onItem: (item: Item) => void,
  ): Promise<Subscription> {
    if (!subscribes) throw Object.assign(new Error('no subscriptions over HTTP'), { code: 'unsupported' });
    const listener = onItem as (item: unknown) => void;
    listeners.add(listener);
    return { close: () => void listeners.delete(listener) };
  }
}
