import { NodeFault } from '../../rpc/fault.ts';
import type { NodeRpc } from '../../rpc/port.ts';
import { hexOf } from '../../scale/hex.ts';
import { compactBytes } from '../../scale/number-bytes.ts';
import { METADATA_BYTES } from './metadata.ts';

export type FakeAnswers = Record<string, (params: readonly unknown[]) => unknown>;

/**
 * A node that answers from a table and records its calls; a call outside the table is refused as an unknown
 * method.
 */
export function fakeRpc(answers: FakeAnswers, address = 'fake'): NodeRpc & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    address,
    call: async <T>(method: string, params: readonly unknown[] = []): Promise<T> => {
      asked.push(method);
      const answer = answers[method];
      if (answer === undefined) throw new NodeFault('refused', 'Method not found', { rpcCode: -32601 });
      return answer(params) as T;
    },
    subscribe: async () => ({ close: () => {} }),
    close: () => {},
  };
}

export function blockHash(height: number): string {
  return `0x${height.toString(16).padStart(64, '0')}`;
}

/** Answers about the runtime of the development chain, with the nonce of the test. */
export function runtimeAnswers(nonceAt: (block: string) => number = () => 0): FakeAnswers {
  return {
    state_getRuntimeVersion: () => ({ specName: 'fake', specVersion: 1, transactionVersion: 1 }),
    state_getStorageHash: () => blockHash(999),
    state_call: ([api, argument, block]) => {
      if (api === 'AccountNonceApi_account_nonce') return littleEndian(nonceAt(String(block)));
      if (api === 'Metadata_metadata_at_version' && argument === '0x0f000000')
        return hexOf(Uint8Array.of(1, ...compactBytes(BigInt(METADATA_BYTES.length)), ...METADATA_BYTES));
      throw new NodeFault('refused', `no ${String(api)}`);
    },
  };
}

export function littleEndian(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return hexOf(bytes);
}

/** A chain whose block of a height holds these extrinsics. */
export function chainAnswers(
  best: number,
  extrinsicsAt: (height: number) => readonly Uint8Array[],
): FakeAnswers {
  const heightOf = (hash: unknown): number => Number(BigInt(String(hash)));
  const header = (height: number): unknown => ({
    number: `0x${height.toString(16)}`,
    parentHash: blockHash(height - 1),
    digest: { logs: [] },
  });
  return {
    chain_getBlockHash: ([height = best]) => (Number(height) <= best ? blockHash(Number(height)) : null),
    chain_getHeader: ([hash]) => header(heightOf(hash)),
    chain_getBlock: ([hash]) => ({
      block: { header: header(heightOf(hash)), extrinsics: extrinsicsAt(heightOf(hash)).map(hexOf) },
    }),
  };
}
