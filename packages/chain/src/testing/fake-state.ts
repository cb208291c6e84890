import { type KeyPart, storageItem } from '../extrinsics/item.ts';
import type { Json } from '../extrinsics/json.ts';
import { encodeValue } from '../extrinsics/value-encode.ts';
import { NodeFault } from '../rpc/fault.ts';
import type { NodeRpc } from '../rpc/port.ts';
import { hexOf } from '../scale/hex.ts';
import { compactBytes } from '../scale/number-bytes.ts';
import type { FakeAnswer } from './fake-node.ts';
import { type MetadataFixture, metadataBytes, metadataFixture } from './metadata-fixtures.ts';

/** A value to be stored, as the writer of values takes it: accounts as hex, large numbers as text. */
export type FakeEntry = readonly [keys: readonly KeyPart[], value: Json];

/** A replacement for the answer to one call; throwing a NodeFault fails the call. */
export type FakeTrouble = (method: string, params: readonly unknown[]) => { readonly answer: unknown } | null;

/**
 * One endpoint in memory: a state that is written by the metadata of a real runtime, with the blocks of a
 * test.
 */
export interface FakeState {
  readonly node: NodeRpc;
  /** The answers to calls, at once; for a server in front of it. */
  readonly answers: ReturnType<typeof answersOf>;
  /** Every call, in order. */
  readonly calls: readonly string[];
  /**
   * Sets values of an item in the state of every block. Throws if the runtime has no such item, or the value
   * does not fit.
   */
  readonly set: (pallet: string, item: string, entries: readonly FakeEntry[]) => void;
  /** The same for one block. */
  readonly setAt: (height: number, pallet: string, item: string, entries: readonly FakeEntry[]) => void;
  readonly setRaw: (key: string, value: string) => void;
  readonly setHead: (height: number) => void;
  /**
   * From that block on the runtime is another one: its metadata, at the parent of the blocks that it writes.
   */
  readonly upgrade: (height: number, runtime: MetadataFixture) => void;
  readonly setTrouble: (trouble: FakeTrouble | null) => void;
  /** Answers of runtime APIs, by name. */
  readonly apis: Map<string, string>;
}

export interface FakeStateOptions {
  readonly runtime: MetadataFixture;
  readonly address?: string;
  readonly genesis?: string;
  readonly head?: number;
  /** Part of every hash: two endpoints of one chain have the same, two forks another. */
  readonly fork?: string;
}

export const FAKE_GENESIS = `0x${'91'.repeat(32)}`;

/** The parts of the state; each answer uses their current values. */
interface Ground {
  readonly shared: Map<string, string>;
  readonly byBlock: Map<string, Map<string, string>>;
  readonly apis: Map<string, string>;
  readonly head: () => number;
  readonly hashAt: (height: number) => string;
  readonly heightOf: (hash: unknown) => number;
  readonly runtimeAt: (height: number) => MetadataFixture;
  /** How many upgrades there were. */
  readonly upgradesAt: (height: number) => number;
}

export function fakeState(options: FakeStateOptions): FakeState {
  const { address = 'fake', genesis = FAKE_GENESIS, fork = '00', runtime } = options;
  const upgrades: { readonly height: number; readonly runtime: MetadataFixture }[] = [];
  const calls: string[] = [];
  let head = options.head ?? 100;
  let trouble: FakeTrouble | null = null;
  const ground: Ground = {
    shared: new Map(),
    byBlock: new Map(),
    apis: new Map(),
    head: () => head,
    hashAt: (height) => (height === 0 ? genesis : `0x${fork}${height.toString(16).padStart(62, '0')}`),
    heightOf: (hash) => (hash === genesis ? 0 : Number(BigInt(`0x${String(hash).slice(4)}`))),
    runtimeAt: (height) => upgrades.findLast((each) => each.height <= height)?.runtime ?? runtime,
    upgradesAt: (height) => upgrades.filter((each) => each.height <= height).length,
  };
  const answers = answersOf(ground);
  return {
    answers,
    node: {
      address,
      call: async <T>(method: string, params: readonly unknown[] = []): Promise<T> => {
        calls.push(method);
        const instead = trouble?.(method, params) ?? null;
        if (instead !== null) return (await instead.answer) as T;
        const known = (answers as Readonly<Record<string, FakeAnswer | undefined>>)[method];
        if (known === undefined) throw new NodeFault('refused', 'Method not found', { rpcCode: -32_601 });
        return known(params) as T;
      },
      subscribe: async () => ({ close: () => undefined }),
      close: () => undefined,
    },
    calls,
    apis: ground.apis,
    set: (pallet, item, entries) => write(ground.shared, runtime, [pallet, item], entries),
    setAt: (height, pallet, item, entries) => {
      const hash = ground.hashAt(height);
      const block = ground.byBlock.get(hash) ?? new Map<string, string>();
      ground.byBlock.set(hash, block);
      write(block, ground.runtimeAt(Math.max(0, height - 1)), [pallet, item], entries);
    },
    setRaw: (key, value) => void ground.shared.set(key, value),
    setHead: (height) => {
      head = height;
    },
    upgrade: (height, next) => void upgrades.push({ height, runtime: next }),
    setTrouble: (next) => {
      trouble = next;
    },
  };
}

function write(
  into: Map<string, string>,
  runtime: MetadataFixture,
  [pallet, name]: readonly [string, string],
  entries: readonly FakeEntry[],
): void {
  const metadata = metadataFixture(runtime);
  const item = storageItem(metadata, pallet, name);
  if (item === null) throw new RangeError(`${runtime} has no ${pallet}.${name}`);
  // Tests store one value under very many keys.
  const encoded = new Map<Json, string>();
  for (const [keys, value] of entries) {
    const bytes = encoded.get(value) ?? hexOf(encodeValue(metadata, item.valueType, value));
    encoded.set(value, bytes);
    into.set(item.key(keys), bytes);
  }
}

function answersOf(ground: Ground) {
  const { shared, byBlock, apis, head, hashAt, heightOf, runtimeAt, upgradesAt } = ground;
  const keysOf = sortedKeys();
  const valueAt = (block: unknown, key: string): string | null =>
    byBlock.get(String(block))?.get(key) ?? shared.get(key) ?? null;
  return {
    chain_getBlockHash: ([asked]) =>
      Array.isArray(asked)
        ? asked.map((each) => (each <= head() ? hashAt(each) : null))
        : hashAt(Number(asked ?? head())),
    chain_getFinalizedHead: () => hashAt(head()),
    chain_getHeader: ([hash]) => headerOf(heightOf(hash), hashAt),
    state_getRuntimeVersion: ([block]) => ({
      specName: runtimeAt(heightOf(block)),
      specVersion: 1 + upgradesAt(heightOf(block)),
      transactionVersion: 1,
    }),
    state_getStorageHash: ([, block]) =>
      hexOf(Buffer.from(runtimeAt(heightOf(block)).padEnd(32, '.').slice(0, 32))),
    state_getStorage: ([key, block]) => valueAt(block, String(key)),
    state_queryStorageAt: ([keys, block]) => [
      { block, changes: (keys as readonly string[]).map((key) => [key, valueAt(block, key)]) },
    ],
    state_getKeysPaged: ([prefix, count, after, block]) => {
      const own = byBlock.get(String(block));
      const keys = own === undefined ? keysOf(shared) : keysOf(new Map([...shared, ...own]));
      return pageOf(keys, String(prefix), String(after ?? ''), Number(count));
    },
    state_call: ([api, argument, block]) => {
      if (api === 'Metadata_metadata_at_version' && argument === '0x0f000000')
        return opaque(metadataBytes(runtimeAt(heightOf(block))));
      const known = apis.get(String(api));
      if (known === undefined) throw new NodeFault('refused', `no ${String(api)}`);
      return known;
    },
  } satisfies Record<string, FakeAnswer>;
}

function headerOf(height: number, hashAt: (height: number) => string): unknown {
  return {
    number: `0x${height.toString(16)}`,
    parentHash: height === 0 ? `0x${'00'.repeat(32)}` : hashAt(height - 1),
    stateRoot: FAKE_GENESIS,
    extrinsicsRoot: FAKE_GENESIS,
    digest: { logs: [] },
  };
}

/** The keys of a state in their order, sorted again only after a write. */
function sortedKeys(): (state: ReadonlyMap<string, string>) => readonly string[] {
  const sorted = new WeakMap<ReadonlyMap<string, string>, readonly string[]>();
  return (state) => {
    const known = sorted.get(state);
    // Keys are never removed, so an equal count means equal keys.
    if (known?.length === state.size) return known;
    const keys = [...state.keys()].sort();
    sorted.set(state, keys);
    return keys;
  };
}

function pageOf(keys: readonly string[], prefix: string, after: string, count: number): readonly string[] {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const key = keys[middle] ?? '';
    if (key < prefix || key <= after) low = middle + 1;
    else high = middle;
  }
  return keys.slice(low, low + count).filter((key) => key.startsWith(prefix));
}

function opaque(bytes: Uint8Array): string {
  return hexOf(Buffer.concat([Uint8Array.of(1), compactBytes(BigInt(bytes.length)), bytes]));
}
