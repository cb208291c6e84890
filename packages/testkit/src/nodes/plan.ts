import type { NodeKeys } from './keystore.ts';

/**
 * `devnode`: the node of `substrate/`; `relay`: the relay-chain node, which has no cache of machine code;
 * `collator`: the node of a parachain, with a relay-chain node inside it.
 */
export type NodeProgram = 'devnode' | 'relay' | 'collator';

/** One node of a test network. */
export interface NodePlan {
  /** Letters, digits and dashes; also the name of its folder and log. */
  readonly name: string;
  /**
   * Default `validator`. A `full` node signs nothing, with keys in its keystore or without: given keys, it
   * answers `babe_epochAuthorship` for them, while the signing machines are under test.
   */
  readonly role?: 'validator' | 'full';
  /** The keys in its keystore at its first start. */
  readonly keys?: readonly NodeKeys[];
  /** The node whose node key, and so whose peer id, it gets. Default: a separate node key. */
  readonly nodeKeyOf?: string;
  /** Added to the command line. */
  readonly args?: readonly string[] | ((place: NodePlace) => readonly string[]);
  readonly env?: Readonly<Record<string, string>>;
  /** In place of the network's. */
  readonly binary?: string;
  /** Which flags the program takes. Default `devnode`. */
  readonly program?: NodeProgram;
  /** Of a collator: the raw specification of its parachain. The one of the network is the relay chain's. */
  readonly parachainSpec?: string;
  /**
   * Addresses of permission services that it reaches over separate lines, which tests cut; see {@link
   * NodePlace.serviceUrls}.
   */
  readonly services?: readonly string[];
  /** Its wall clock can be stepped while it runs; needs libfaketime. */
  readonly clock?: 'machine' | 'stepped';
}

/** The addresses and folders of a node. */
export interface NodePlace {
  readonly name: string;
  /** Of this node alone; holds the following two. */
  readonly folder: string;
  readonly basePath: string;
  readonly keystorePath: string;
  readonly rpcUrl: string;
  readonly wsUrl: string;
  /** Prometheus metrics. */
  readonly metricsUrl: string;
  readonly peerId: string;
  /**
   * Lines to {@link NodePlan.services}, in their order: `http://127.0.0.1:PORT`, or `unix:PATH` from a
   * network namespace.
   */
  readonly serviceUrls: readonly string[];
}
