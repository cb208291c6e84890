/** The machine of a node, as reported by the node. */
export interface SystemInfo {
  readonly cpu: string | null;
  readonly memoryBytes: number | null;
  readonly coreCount: number | null;
  readonly linuxKernel: string | null;
  readonly linuxDistro: string | null;
  readonly isVirtualMachine: boolean | null;
}

/** Results of the benchmark that a node runs at its start, in MB/s. */
export interface HardwareBenchmark {
  readonly cpuHashrate: number;
  readonly memoryCopy: number;
  readonly diskSequentialWrite: number | null;
  readonly diskRandomWrite: number | null;
}

/** The identity of a node, as reported by the node. It is unproven: a node may report anything. */
export interface NodeDetails {
  readonly name: string;
  readonly implementation: string;
  readonly version: string;
  /** The GRANDPA key that it votes with, as SS58; sent by nodes with a verbosity of 1 or more. */
  readonly validatorAddress: string | null;
  /** The peer id in base58. */
  readonly networkId: string | null;
  /** Null unless the server publishes it; the same for the next field and the benchmark. */
  readonly ip: string | null;
  readonly systemInfo: SystemInfo | null;
}

export interface NodeStats {
  readonly peers: number;
  readonly transactions: number;
}

/** The last values over time; bytes per second, and Unix milliseconds. */
export interface NodeHardware {
  readonly upload: readonly number[];
  readonly download: readonly number[];
  readonly stampsMs: readonly number[];
}

export interface NodeIo {
  readonly stateCacheBytes: readonly number[];
}

export interface NodeBlock {
  readonly height: number;
  readonly hash: string;
  readonly blockTimeMs: number;
  readonly atMs: number;
  readonly propagationMs: number | null;
}

export interface NodeLocation {
  readonly latitude: number;
  readonly longitude: number;
  readonly city: string;
}

/** All data of a node. The feed sends it when the node connects, and again when its details change. */
export interface AddedNode {
  readonly kind: 'added-node';
  /** The number of the node in the feed; reused for another node after this one is gone. */
  readonly id: number;
  readonly details: NodeDetails;
  /** Null from here on: left out by the server, or in a form that cannot be read. */
  readonly stats: NodeStats | null;
  readonly io: NodeIo | null;
  readonly hardware: NodeHardware | null;
  readonly block: NodeBlock | null;
  readonly location: NodeLocation | null;
  readonly startedAtMs: number | null;
  readonly benchmark: HardwareBenchmark | null;
}

/** An action of the feed; codes in {@link ACTION_CODES}. Source: substrate-telemetry, `feed_message.rs`. */
export type FeedAction =
  | { readonly kind: 'feed-version'; readonly version: number }
  | {
      readonly kind: 'best-block';
      readonly height: number;
      readonly atMs: number;
      readonly averageBlockTimeMs: number | null;
    }
  | { readonly kind: 'best-finalised'; readonly height: number; readonly hash: string }
  | AddedNode
  | { readonly kind: 'removed-node'; readonly id: number }
  | { readonly kind: 'located-node'; readonly id: number; readonly location: NodeLocation }
  | { readonly kind: 'imported-block'; readonly id: number; readonly block: NodeBlock }
  | {
      readonly kind: 'finalised-block';
      readonly id: number;
      readonly height: number;
      readonly hash: string;
    }
  | { readonly kind: 'node-stats'; readonly id: number; readonly stats: NodeStats }
  | { readonly kind: 'hardware'; readonly id: number; readonly hardware: NodeHardware }
  | { readonly kind: 'time-sync'; readonly atMs: number }
  | {
      readonly kind: 'added-chain';
      readonly label: string;
      readonly genesisHash: string;
      readonly nodeCount: number;
    }
  | { readonly kind: 'removed-chain'; readonly genesisHash: string }
  | { readonly kind: 'subscribed-to'; readonly genesisHash: string }
  | { readonly kind: 'unsubscribed-from'; readonly genesisHash: string }
  | { readonly kind: 'pong'; readonly text: string }
  | { readonly kind: 'stale-node'; readonly id: number }
  | { readonly kind: 'node-io'; readonly id: number; readonly io: NodeIo }
  | { readonly kind: 'chain-stats'; readonly stats: Readonly<Record<string, unknown>> };

export type FeedActionKind = FeedAction['kind'];

/** Code of each action on the wire. 16 to 19 are no longer used. */
export const ACTION_CODES: Readonly<Record<FeedActionKind, number>> = {
  'feed-version': 0,
  'best-block': 1,
  'best-finalised': 2,
  'added-node': 3,
  'removed-node': 4,
  'located-node': 5,
  'imported-block': 6,
  'finalised-block': 7,
  'node-stats': 8,
  hardware: 9,
  'time-sync': 10,
  'added-chain': 11,
  'removed-chain': 12,
  'subscribed-to': 13,
  'unsubscribed-from': 14,
  pong: 15,
  'stale-node': 20,
  'node-io': 21,
  'chain-stats': 22,
};
