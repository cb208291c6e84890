import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { hexOf, NodeFault, type NodeRpc, storageKey } from '@watchbill/chain';
import { type ChainMetadata, extrinsicHash, readExtrinsic, readMetadata } from '@watchbill/chain/extrinsics';

/** Metadata of the development chain, as its node gave it. */
const METADATA = Uint8Array.from(
  gunzipSync(
    readFileSync(
      new URL('../../../../chain/src/extrinsics/testing/devnet-metadata.scale.gz', import.meta.url),
    ),
  ),
);

export const DEVNET: ChainMetadata = readMetadata(METADATA);

/** Its session keys: four of 32 bytes. */
const KEYS_BYTES = 128;
const SET_KEYS = '0800';
/**
 * `System.ExtrinsicSuccess` and `System.ExtrinsicFailed` (an error of the session pallet) of the first
 * extrinsic.
 */
const EVENT = (failed: boolean): string =>
  failed ? '0x04000000000000010308000000000000000000' : '0x04000000000000000000000000';

interface Block {
  readonly hash: string;
  readonly extrinsics: readonly Uint8Array[];
  readonly nonces: ReadonlyMap<string, number>;
  readonly keys: ReadonlyMap<string, string>;
}

/** A chain without forks: every block is final when it is made, and holds one extrinsic at most. */
export interface FakeLedger {
  readonly node: NodeRpc;
  readonly height: () => bigint;
  /** Makes a block of what waits. */
  readonly advance: () => void;
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
  const sessionBlocks = options.sessionBlocks ?? 20n;
  const first: Block = { hash: hashOf(0n), extrinsics: [], nonces: new Map(), keys: new Map() };
  const blocks: Block[] = [first];
  const pool: Pooled[] = [];
  const submissions: string[] = [];
  const answers = new Map<string, (params: readonly unknown[]) => unknown>();
  const head = (): Block => blocks.at(-1) ?? first;

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
    advance: () => {
      const nonces = new Map(head().nonces);
      const keys = new Map(head().keys);
      const extrinsics = ledger.full ? [] : taken(pool, nonces, blocks.length);
      for (const bytes of extrinsics) {
        const { account, nonce, call } = authorOf(bytes);
        nonces.set(account, nonce + 1);
        if (call.startsWith(SET_KEYS) && !ledger.failing)
          keys.set(account, call.slice(SET_KEYS.length, SET_KEYS.length + 2 * KEYS_BYTES));
      }
      blocks.push({ hash: hashOf(BigInt(blocks.length)), extrinsics, nonces, keys });
    },
  };

  async function call<T>(method: string, params: readonly unknown[] = []): Promise<T> {
    if (ledger.silent) throw new NodeFault('timeout', 'the node does not answer');
    return (answers.get(method) ?? answer(method))(params) as T;
  }

  function blockOf(hash: unknown): { readonly block: Block; readonly height: number } {
    const height = blocks.findIndex((each) => each.hash === hash);
    const block = blocks[height];
    if (block === undefined) throw new NodeFault('refused', 'unknown block');
    return { block, height };
  }

  function answer(method: string): (params: readonly unknown[]) => unknown {
    const known: Readonly<Record<string, (params: readonly unknown[]) => unknown>> = {
      state_getRuntimeVersion: () => ({
        specName: 'fake',
        specVersion: ledger.specVersion,
        transactionVersion: 1,
      }),
      state_getStorageHash: () => hashOf(BigInt(ledger.specVersion)),
      state_call: ([api, argument, at]) => runtimeCall(String(api), String(argument), blockOf(at).block),
      state_getStorage: ([key, at]) => stored(String(key), at),
      chain_getBlockHash: ([height]) => blocks[Number(height)]?.hash ?? null,
      chain_getBlock: ([hash]) => ({
        block: {
          header: header(blockOf(hash).height),
          extrinsics: blockOf(hash).block.extrinsics.map(hexOf),
        },
      }),
      author_submitExtrinsic: ([hex]) => submit(Uint8Array.from(Buffer.from(String(hex).slice(2), 'hex'))),
    };
    const found = known[method];
    if (found === undefined) throw new NodeFault('refused', `no ${method}`, { rpcCode: -32601 });
    return found;
  }

  function runtimeCall(api: string, argument: string, { nonces }: Block): string {
    if (api === 'AccountNonceApi_account_nonce') return littleEndian(nonces.get(argument) ?? 0);
    if (api !== 'Metadata_metadata_at_version' || argument !== '0x0f000000')
      throw new NodeFault('refused', 'no');
    const length = Buffer.alloc(4);
    length.writeUInt32LE(METADATA.length * 4 + 2);
    return hexOf(Buffer.concat([Buffer.of(1), length, METADATA]));
  }

  function stored(key: string, at: unknown): string | null {
    const { block, height } = blockOf(at);
    if (key === storageKey('System', 'Events'))
      return block.extrinsics.length === 0 ? '0x00' : EVENT(ledger.failing);
    if (key === storageKey('Session', 'CurrentIndex'))
      return littleEndian(Number(BigInt(height) / sessionBlocks));
    if (!key.startsWith(storageKey('Session', 'NextKeys'))) return null;
    const keys = block.keys.get(`0x${key.slice(-64)}`);
    return keys === undefined ? null : `0x${keys}`;
  }

  function submit(bytes: Uint8Array): string {
    const { account, nonce } = authorOf(bytes);
    const refuse = (rpcCode: number, text: string): never => {
      submissions.push(text);
      throw new NodeFault('refused', text, { rpcCode });
    };
    if (nonce < (head().nonces.get(account) ?? 0)) refuse(1010, 'outdated');
    const others = pool.filter(({ deadAt }) => deadAt > blocks.length).map((each) => each.bytes);
    if (others.some((each) => Buffer.compare(each, bytes) === 0)) refuse(1013, 'known');
    if (others.some((each) => authorOf(each).account === account && authorOf(each).nonce === nonce))
      refuse(1014, 'occupied');
    submissions.push('accepted');
    pool.push({ bytes, deadAt: deathOf(bytes, blocks.length - 1) });
    return extrinsicHash(bytes);
  }

  return ledger;
}

function header(height: number): unknown {
  return {
    number: `0x${height.toString(16)}`,
    parentHash: hashOf(BigInt(Math.max(0, height - 1))),
    digest: { logs: [] },
  };
}

function authorOf(bytes: Uint8Array): {
  readonly account: string;
  readonly nonce: number;
  readonly call: string;
} {
  const read = readExtrinsic(DEVNET, bytes);
  if (read === null || read.author === null)
    throw new NodeFault('refused', 'no extrinsic', { rpcCode: 1010 });
  return {
    account: hexOf(read.author.account),
    nonce: read.author.nonce,
    call: Buffer.from(read.call).toString('hex'),
  };
}

interface Pooled {
  readonly bytes: Uint8Array;
  /** See {@link deathOf}. */
  readonly deadAt: number;
}

/** Takes the first extrinsic out of the pool that a block of this height may include. */
function taken(pool: Pooled[], nonces: ReadonlyMap<string, number>, height: number): readonly Uint8Array[] {
  const ready = pool.findIndex(({ bytes, deadAt }) => {
    const { account, nonce } = authorOf(bytes);
    return deadAt > height && nonce === (nonces.get(account) ?? 0);
  });
  return ready < 0 ? [] : pool.splice(ready, 1).map(({ bytes }) => bytes);
}

/** The height from which on no block may include an extrinsic of this height. */
function deathOf(bytes: Uint8Array, height: number): number {
  const lengthBytes = [1, 2, 4][(bytes[0] ?? 0) & 3] ?? 4;
  // Version, address and signature come first, each signature with its kind.
  const at = lengthBytes + 1 + 33 + 65;
  const era = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  const [period, phase] = [2 ** ((era & 0xf) + 1), era >> 4];
  return height - ((height + period - phase) % period) + period;
}

function hashOf(height: bigint): string {
  return `0x${createHash('sha256').update(`fake block ${height}`).digest('hex')}`;
}

function littleEndian(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return hexOf(bytes);
}

/** The metadata of a chain that also has staking: `Staking.Bonded`, from stash to controller. */
export function withStaking(): ChainMetadata {
  const account = DEVNET.unified.pallets
    .find(({ name }) => name === 'System')
    ?.storage?.items.find(({ name }) => name === 'Account');
  const session = DEVNET.unified.pallets.find(({ name }) => name === 'Session');
  if (account?.type.tag !== 'map' || session === undefined) throw new Error('the metadata is another one');
  const { key } = account.type.value;
  const type = { tag: 'map' as const, value: { hashers: account.type.value.hashers, key, value: key } };
  const bonded = { ...account, name: 'Bonded', modifier: 0, type };
  const staking = {
    ...session,
    name: 'Staking',
    index: 200,
    storage: { prefix: 'Staking', items: [bonded] },
  };
  const unified = { ...DEVNET.unified, pallets: [...DEVNET.unified.pallets, staking] };
  return { ...DEVNET, unified };
}
