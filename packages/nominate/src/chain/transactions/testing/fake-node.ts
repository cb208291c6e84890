import { NodeFault, type NodeRpc } from '@watchbill/chain';
import type { EndpointHealth, RoleEndpoints } from '@watchbill/chain/reading';
import type { Endpoints } from '../endpoints.ts';

export interface FakeNode extends NodeRpc {
  readonly asked: string[];
}

export interface FakeNodeSetting {
  readonly height: bigint;
  /** Of any account, at a height. */
  readonly nonceAt?: (height: bigint) => number;
  readonly submit?: () => string;
  /** The extrinsics of a block; without it, the node gives no blocks. */
  readonly blockAt?: (height: bigint) => readonly string[];
  /** The input of its hashes: two nodes of one chain have the same. */
  readonly chain?: string;
  /** Does not answer. */
  readonly gone?: boolean;
}

export function fakeBlockHash(height: bigint, chain = '0'): string {
  return `0x${chain}${height.toString(16).padStart(63, '0')}`;
}

/** A node of a chain with empty blocks. */
export function fakeNode(address: string, setting: FakeNodeSetting): FakeNode {
  const { height, nonceAt = () => 0, chain, gone = false, blockAt } = setting;
  const asked: string[] = [];
  const heightOf = (hash: unknown): bigint => BigInt(`0x${String(hash).slice(3)}`);
  const header = (hash: unknown) => ({
    number: `0x${heightOf(hash).toString(16)}`,
    parentHash: fakeBlockHash(heightOf(hash) === 0n ? 0n : heightOf(hash) - 1n, chain),
    digest: { logs: [] },
  });
  const answers: Record<string, (params: readonly unknown[]) => unknown> = {
    chain_getBlockHash: ([asks]) => {
      const wanted = asks === undefined ? height : BigInt(Number(asks));
      return wanted > height ? null : fakeBlockHash(wanted, chain);
    },
    chain_getHeader: ([hash]) => header(hash),
    state_call: ([, , block]) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(nonceAt(heightOf(block)));
      return `0x${bytes.toString('hex')}`;
    },
    ...(blockAt === undefined
      ? {}
      : {
          chain_getBlock: ([hash]: readonly unknown[]) => ({
            block: { header: header(hash), extrinsics: blockAt(heightOf(hash)) },
          }),
        }),
    author_submitExtrinsic: () => setting.submit?.() ?? fakeBlockHash(1n),
  };
  return {
    address,
    asked,
    call: async <T>(method: string, params: readonly unknown[] = []): Promise<T> => {
      asked.push(method);
      if (gone) throw new NodeFault('unreachable', `${address} is gone`);
      const answer = answers[method];
      if (answer === undefined)
        throw new NodeFault('refused', `${address} does not know ${method}`, { rpcCode: -32_601 });
      return answer(params) as T;
    },
    subscribe: () => Promise.reject(new NodeFault('unsupported', 'not here')),
    close: () => {},
  };
}

/** Endpoints after a health check, with these results. */
export function fakeEndpoints(
  seats: readonly (readonly [node: NodeRpc, standing: EndpointHealth['standing']])[],
): Endpoints {
  const role: RoleEndpoints = {
    readPinned: async () => ({ ok: false, code: 'no-endpoint', why: 'this fake reads no facts' }),
    health: () =>
      seats.map(([{ address }, standing]) => ({
        address,
        standing,
        finalized: null,
        answeredMs: null,
        failures: 0,
        lastFailure: null,
      })),
    genesis: () => null,
    close: () => {},
  };
  return { nodes: seats.map(([node]) => node), role };
}
