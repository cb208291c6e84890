/** The settings behind a node's command line. */
export interface ArgumentSettings {
  readonly name: string;
  readonly role: 'validator' | 'full';
  /** Raw chain specification. */
  readonly spec: string;
  readonly basePath: string;
  readonly keystorePath: string;
  readonly nodeKeyFile: string;
  readonly wasmCache: string;
  readonly listenAddress: string;
  readonly listenPort: number;
  readonly rpcPort: number;
  readonly metricsPort: number;
  /** The RPC must be reached from outside the network namespace. */
  readonly external: boolean;
  /** Multiaddresses of the other nodes. */
  readonly bootnodes: readonly string[];
  readonly more: readonly string[];
}

/** The command line of a node: stock flags, and the cache that starts it in a tenth of the time. */
export function nodeArguments(settings: ArgumentSettings): readonly string[] {
  const { bootnodes, external } = settings;
  return [
    ['--chain', settings.spec],
    ['--base-path', settings.basePath],
    ['--keystore-path', settings.keystorePath],
    ['--node-key-file', settings.nodeKeyFile],
    ['--name', settings.name],
    ['--listen-addr', `/ip4/${settings.listenAddress}/tcp/${settings.listenPort}`],
    ['--rpc-port', `${settings.rpcPort}`],
    ['--rpc-methods', 'unsafe'],
    // A node also checks the Host header, and does not know the address of a namespace.
    external ? ['--unsafe-rpc-external', '--rpc-cors', 'all'] : [],
    ['--prometheus-port', `${settings.metricsPort}`],
    external ? ['--prometheus-external'] : [],
    ['--wasm-cache', settings.wasmCache],
    // The observer reads the state of blocks that lost.
    ['--state-pruning', 'archive'],
    settings.more.includes('--telemetry-url') ? [] : ['--no-telemetry'],
    ['--no-mdns'],
    bootnodes.length === 0 ? [] : ['--bootnodes', ...bootnodes],
    settings.role === 'validator' ? ['--validator'] : [],
    settings.more,
  ].flat();
}
