import { NodeFault, type NodeRpc } from '@watchbill/chain';
import { answerTo, type LedgerState } from './fake-ledger-node.ts';
import { authorOf, type Block, hashOf, type Pooled, taken } from './ledger-blocks.ts';

/** Session keys of the development chain: four of 32 bytes. */
const KEYS_BYTES = 128;
const SET_KEYS = '0800';

/** A chain without forks: every block is final when it is made, and holds one extrinsic at most. */
export interface FakeLedger {
  readonly node: NodeRpc;
  readonly height: () => bigint;
  /** Makes so many blocks of what waits. */
  readonly advance: (blocks?: number) => void;
  readonly hashAt: (height: bigint) => string;
  /** All that landed. */
  readonly landed: () => readonly { readonly height: bigint; readonly bytes: Uint8Array }[];
  /** Submissions by their answer, in order. */
  readonly submissions: readonly string[];
  /** While true, every call is refused. */
  silent: boolean;
  /** Answers to other calls, and in place of these. */
  readonly answers: Map<string, (params: readonly unknown[]) => unknown>;
  failing: boolean;
  /** While true, blocks hold no extrinsic. */
  full: boolean;
  specVersion: number;
  readonly setKeys: (account: string, keys: string) => void;
}

export function fakeLedger(options: { readonly sessionBlocks?: bigint } = {}): FakeLedger {
  const first: Block = { hash: hashOf(0n), extrinsics: [], nonces: new Map(), keys: new Map() };
  const blocks: Block[] = [first];
  const pool: Pooled[] = [];
  const submissions: string[] = [];
  const state: LedgerState = { blocks, pool, submissions, sessionBlocks: options.sessionBlocks ?? 20n };
  const answers: FakeLedger['answers'] = new Map();
  const head = (): Block => blocks.at(-1) ?? first;

  async function call<T>(method: string, params: readonly unknown[] = []): Promise<T> {
    if (ledger.silent) throw new NodeFault('timeout', 'the node does not answer');
    return (answers.get(method) ?? answerTo(method, ledger, state))(params) as T;
  }

  const ledger: FakeLedger = {
    node: { address: 'fake', call, subscribe: async () => ({ close: () => {} }), close: () => {} },
    height: () => BigInt(blocks.length - 1),
    hashAt: (height) => hashOf(height),
    landed: () =>
      blocks.flatMap(({ extrinsics }, height) =>
        extrinsics.map((bytes) => ({ height: BigInt(height), bytes })),
      ),
    submissions,
    answers,
    silent: false,
    failing: false,
    full: false,
    specVersion: 1,
    setKeys: (account, keys) => {
      blocks.push({
        ...head(),
        extrinsics: [],
        hash: hashOf(BigInt(blocks.length)),
        keys: new Map([...head().keys, [account, keys]]),
      });
    },
    advance: (count = 1) => {
      for (const end = blocks.length + count; blocks.length < end; ) {
        const extrinsics = ledger.full ? [] : taken(pool, head().nonces, blocks.length);
        blocks.push({
          hash: hashOf(BigInt(blocks.length)),
          extrinsics,
          ...after(head(), extrinsics, ledger),
        });
      }
    },
  };
  return ledger;
}

/** The state of a block with these extrinsics. */
function after(
  parent: Block,
  extrinsics: readonly Uint8Array[],
  { failing }: Pick<FakeLedger, 'failing'>,
): Pick<Block, 'nonces' | 'keys'> {
  const nonces = new Map(parent.nonces);
  const keys = new Map(parent.keys);
  for (const bytes of extrinsics) {
    const { account, nonce, call } = authorOf(bytes);
    nonces.set(account, nonce + 1);
    if (call.startsWith(SET_KEYS) && !failing)
      keys.set(account, call.slice(SET_KEYS.length, SET_KEYS.length + 2 * KEYS_BYTES));
  }
  return { nonces, keys };
}
