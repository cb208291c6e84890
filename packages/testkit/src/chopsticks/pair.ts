import { bytesOfHex, scaleReader, storageKey, storageValue } from '@watchbill/chain';
import { type ChopsticksChain, type ChopsticksOptions, startChopsticks } from './chain.ts';
import { head } from './session.ts';

/** The number of Asset Hub on its relay. */
const ASSET_HUB = 1_000;
/** A session report is one message; a page holds one. */
const MOST_PAGES = 1_000;

/** The relay and the Asset Hub of 2026, with the messages between them carried as blocks are made. */
export interface ChopsticksPair {
  readonly relay: ChopsticksChain;
  readonly assetHub: ChopsticksChain;
  /**
   * Makes a block of the relay that includes Asset Hub's messages, and hands over the relay's downward
   * messages.
   */
  readonly relayBlock: (transactions?: readonly string[]) => Promise<string>;
  /** The same for Asset Hub. */
  readonly assetHubBlock: (transactions?: readonly string[]) => Promise<string>;
  readonly stop: () => Promise<void>;
}

export interface PairOptions {
  readonly relay?: ChopsticksOptions;
  readonly assetHub?: ChopsticksOptions;
}

/** Starts both, with the first block of each, and an offchain worker that solves elections. */
export async function startPair(options: PairOptions = {}): Promise<ChopsticksPair> {
  const started = await Promise.allSettled([
    startChopsticks('relay-2026', options.relay),
    startChopsticks('asset-hub-2026', { offchainWorker: true, ...options.assetHub }),
  ]);
  const [relay, assetHub] = started.map((one) => (one.status === 'fulfilled' ? one.value : null));
  const failed = started.find((one) => one.status === 'rejected');
  if (!relay || !assetHub) {
    await Promise.all([relay?.stop(), assetHub?.stop()]);
    throw failed?.reason;
  }
  // Its first block was built on a relay block that chopsticks invented, far above those of this relay.
  await assetHub.setStorage([[storageKey('ParachainSystem', 'LastRelayChainBlockNumber'), '0x00000000']]);
  await relay.newBlock();
  await assetHub.newBlock(1, [], await relayHeightFor(relay, assetHub));
  return wired(relay, assetHub);
}

/**
 * Asset Hub counts proxy delays by the relay blocks under its own blocks: those of this relay. When it solves
 * an election, chopsticks makes a block by itself and counts on; the relay then catches up.
 */
async function relayHeightFor(relay: ChopsticksChain, assetHub: ChopsticksChain): Promise<number> {
  const { number } = await relay.node.call<{ number: string }>('chain_getHeader');
  const block = await head(assetHub);
  const last = await storageValue(
    assetHub.node,
    'ParachainSystem',
    'LastRelayChainBlockNumber',
    block,
    (reader) => reader.u32(),
  );
  return Math.max(Number(number), last ?? 0);
}

function wired(relay: ChopsticksChain, assetHub: ChopsticksChain): ChopsticksPair {
  const seen = new Set<bigint>();
  return {
    relay,
    assetHub,
    relayBlock: async (transactions = []) => {
      const hash = await relay.newBlock(1, transactions);
      // No relay block holds a candidate of the parachain, so pages stay in the queue here.
      const pages = (await downwardPages(relay)).filter(({ index }) => !seen.has(index));
      if (pages.length > 0) await assetHub.carry({ downward: pages.map(({ sent }) => sent), upward: {} });
      for (const { index } of pages) seen.add(index);
      return hash;
    },
    assetHubBlock: async (transactions = []) => {
      const hash = await assetHub.newBlock(1, transactions, await relayHeightFor(relay, assetHub));
      const messages = await upwardMessages(assetHub, hash);
      if (messages.length > 0) await relay.carry({ downward: [], upward: { [ASSET_HUB]: messages } });
      return hash;
    },
    stop: async () => {
      await Promise.all([relay.stop(), assetHub.stop()]);
    },
  };
}

interface Page {
  readonly index: bigint;
  readonly sent: { readonly sentAt: number; readonly msg: string };
}

/**
 * The queue of messages for Asset Hub, in the order of sending. Downward messages are kept in pages since
 * 2025.
 */
async function downwardPages(relay: ChopsticksChain): Promise<readonly Page[]> {
  const prefix = storageKey('Dmp', 'DownwardMessageQueuePages');
  const block = await head(relay);
  const keys = await relay.node.call<string[]>('state_getKeysPaged', [prefix, MOST_PAGES, null, block]);
  const pages = await Promise.all(
    keys.map(async (key): Promise<Page> => {
      const { para, index } = pageOf(key, prefix);
      if (para !== ASSET_HUB) throw new Error(`a message for ${para}, and only ${ASSET_HUB} is here`);
      const value = await relay.node.call('state_getStorage', [key, block]);
      const reader = scaleReader(bytesOfHex(value, key), 'a downward message');
      const sent = { sentAt: reader.u32(), msg: hex(reader.bytes()) };
      reader.end();
      return { index, sent };
    }),
  );
  return pages.toSorted((one, other) => (one.index < other.index ? -1 : 1));
}

/** After the prefix: 16 bytes of hash and the parachain, 8 bytes of hash and the page. */
function pageOf(key: string, prefix: string): { readonly para: number; readonly index: bigint } {
  const rest = Buffer.from(key.slice(prefix.length), 'hex');
  const page = Buffer.from(rest.subarray(28)).reverse().toString('hex');
  return { para: rest.readUInt32LE(16), index: BigInt(`0x${page}`) };
}

/** Up to the first empty one; behind it the parachain puts signals that are not messages. */
async function upwardMessages(assetHub: ChopsticksChain, block: string): Promise<readonly string[]> {
  const all =
    (await storageValue(assetHub.node, 'ParachainSystem', 'UpwardMessages', block, (reader) =>
      reader.list(() => reader.bytes()),
    )) ?? [];
  const end = all.findIndex((message) => message.length === 0);
  return (end < 0 ? all : all.slice(0, end)).map(hex);
}

function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}
