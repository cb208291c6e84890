/** A way from this machine to one node: its RPC and its metrics, on loopback. */
export interface NodeReach {
  readonly rpcUrl: string;
  /** Null if the node serves none. */
  readonly metricsUrl: string | null;
  readonly close: () => void;
}

export type Reached =
  | { readonly ok: true; readonly reach: NodeReach }
  | { readonly ok: false; readonly detail: string };
