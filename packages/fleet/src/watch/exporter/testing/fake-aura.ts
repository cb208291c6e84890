import { hexOf, type NodeRpc, storageKey } from '@watchbill/chain';
import { compactLength } from './rows.ts';

/** A block of a chain that a test writes: its slot, and whether the authorities change with it. */
export interface FakeBlock {
  readonly slot: number;
  /** How many authorities there are from the next block on. */
  readonly authorities?: number;
}

/** Accounts are `0x01…`, `0x02…`; their keys are the same bytes. */
export const account = (at: number): string => `0x${(at + 1).toString(16).padStart(2, '0').repeat(32)}`;

const hashAt = (height: number): string => `0x${height.toString(16).padStart(64, '0')}`;
const heightOf = (hash: unknown): number => Number(BigInt(String(hash)));

/** A chain with Aura, in memory; block 0 is the first of the list. */
export function fakeAura(blocks: readonly FakeBlock[], start: number): NodeRpc {
  const countAt = (height: number) =>
    blocks.slice(0, height + 1).findLast((block) => block.authorities !== undefined)?.authorities ?? start;
  const list = (height: number) => {
    const count = countAt(height);
    const keys = Array.from({ length: count }, (_, at) => Buffer.from(account(at).slice(2), 'hex'));
    return hexOf(Buffer.concat([compactLength(count), ...keys]));
  };
  const answers: Readonly<Record<string, (params: readonly unknown[]) => unknown>> = {
    chain_getBlockHash: ([height]) => (Number(height) < blocks.length ? hashAt(Number(height)) : null),
    chain_getFinalizedHead: () => hashAt(blocks.length - 1),
    chain_getHeader: ([hash]) => {
      const height = heightOf(hash);
      const { slot = 0, authorities } = blocks[height] ?? {};
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(BigInt(slot));
      const change = authorities === undefined ? [] : ['0x046175726104ff'];
      return {
        number: `0x${height.toString(16)}`,
        parentHash: hashAt(Math.max(0, height - 1)),
        stateRoot: hashAt(0),
        extrinsicsRoot: hashAt(0),
        digest: { logs: [`0x066175726120${bytes.toString('hex')}`, ...change] },
      };
    },
    state_call: ([, , hash]) => list(heightOf(hash)),
    state_getStorage: ([key, hash]) =>
      key === storageKey('Session', 'Validators') ? list(heightOf(hash)) : null,
  };
  return {
    address: 'fake',
    call: async <T>(method: string, params: readonly unknown[] = []) => answers[method]?.(params) as T,
    subscribe: async () => ({ close: () => undefined }),
    close: () => undefined,
  };
}
