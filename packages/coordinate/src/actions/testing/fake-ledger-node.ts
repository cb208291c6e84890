import { hexOf, NodeFault, storageKey } from '@watchbill/chain';
import { blake2Hash } from '@watchbill/chain/extrinsics';
import { METADATA } from './devnet.ts';
import type { FakeLedger } from './fake-ledger.ts';
import { authorOf, type Block, deathOf, hashOf, type Pooled } from './ledger-blocks.ts';

/** The blocks and transactions of a ledger, for the answers of its node. */
export interface LedgerState {
  readonly blocks: readonly Block[];
  readonly pool: Pooled[];
  readonly submissions: string[];
  readonly sessionBlocks: bigint;
}

type Switches = Pick<FakeLedger, 'specVersion' | 'failing'>;

/**
 * `System.ExtrinsicSuccess` and `System.ExtrinsicFailed` (an error of the session pallet) of the first
 * extrinsic.
 */
const EVENT = (failed: boolean): string =>
  failed ? '0x04000000000000010308000000000000000000' : '0x04000000000000000000000000';

/** The answer of a node to a call. Throws a {@link NodeFault} for a method that it does not know. */
export function answerTo(
  method: string,
  ledger: Switches,
  state: LedgerState,
): (params: readonly unknown[]) => unknown {
  const { blocks } = state;
  const known: Readonly<Record<string, (params: readonly unknown[]) => unknown>> = {
    state_getRuntimeVersion: () => ({
      specName: 'fake',
      specVersion: ledger.specVersion,
      transactionVersion: 1,
    }),
    state_getStorageHash: () => hashOf(BigInt(ledger.specVersion)),
    state_call: ([api, argument, at]) =>
      runtimeCall(String(api), String(argument), blockOf(blocks, at).block),
    state_getStorage: ([key, at]) => stored(String(key), at, ledger, state),
    chain_getBlockHash: ([height]) => blocks[Number(height)]?.hash ?? null,
    chain_getBlock: ([hash]) => {
      const { block, height } = blockOf(blocks, hash);
      return { block: { header: header(height), extrinsics: block.extrinsics.map(hexOf) } };
    },
    author_submitExtrinsic: ([hex]) =>
      submit(Uint8Array.from(Buffer.from(String(hex).slice(2), 'hex')), state),
  };
  const found = known[method];
  if (found === undefined) throw new NodeFault('refused', `no ${method}`, { rpcCode: -32601 });
  return found;
}

function blockOf(
  blocks: readonly Block[],
  hash: unknown,
): { readonly block: Block; readonly height: number } {
  const height = blocks.findIndex((each) => each.hash === hash);
  const block = blocks[height];
  if (block === undefined) throw new NodeFault('refused', 'unknown block');
  return { block, height };
}

function header(height: number): unknown {
  return {
    number: `0x${height.toString(16)}`,
    parentHash: hashOf(BigInt(Math.max(0, height - 1))),
    digest: { logs: [] },
  };
}

function runtimeCall(api: string, argument: string, { nonces }: Block): string {
  if (api === 'AccountNonceApi_account_nonce') return littleEndian(nonces.get(argument) ?? 0);
  if (api !== 'Metadata_metadata_at_version' || argument !== '0x0f000000')
    throw new NodeFault('refused', 'no');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(METADATA.length * 4 + 2);
  return hexOf(Buffer.concat([Buffer.of(1), length, METADATA]));
}

function stored(
  key: string,
  at: unknown,
  { failing }: Switches,
  { blocks, sessionBlocks }: LedgerState,
): string | null {
  const { block, height } = blockOf(blocks, at);
  if (key === storageKey('System', 'Events')) return block.extrinsics.length === 0 ? '0x00' : EVENT(failing);
  if (key === storageKey('Session', 'CurrentIndex'))
    return littleEndian(Number(BigInt(height) / sessionBlocks));
  if (!key.startsWith(storageKey('Session', 'NextKeys'))) return null;
  const keys = block.keys.get(`0x${key.slice(-64)}`);
  return keys === undefined ? null : `0x${keys}`;
}

/** Puts an extrinsic into the pool, and notes the answer. Throws a {@link NodeFault} if it is refused. */
function submit(bytes: Uint8Array, { blocks, pool, submissions }: LedgerState): string {
  const { account, nonce } = authorOf(bytes);
  const refuse = (rpcCode: number, text: string): never => {
    submissions.push(text);
    throw new NodeFault('refused', text, { rpcCode });
  };
  if (nonce < (blocks.at(-1)?.nonces.get(account) ?? 0)) refuse(1010, 'outdated');
  const others = pool.filter(({ deadAt }) => deadAt > blocks.length).map((each) => each.bytes);
  if (others.some((each) => Buffer.compare(each, bytes) === 0)) refuse(1013, 'known');
  if (others.some((each) => authorOf(each).account === account && authorOf(each).nonce === nonce))
    refuse(1014, 'occupied');
  submissions.push('accepted');
  pool.push({ bytes, deadAt: deathOf(bytes, blocks.length - 1) });
  return blake2Hash(bytes);
}

function littleEndian(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return hexOf(bytes);
}
