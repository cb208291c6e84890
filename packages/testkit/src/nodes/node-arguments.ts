import type { NodeProgram } from './plan.ts';

/** The settings behind a node's command line. */
export interface ArgumentSettings {
  readonly name: string;
  readonly program: NodeProgram;
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

/**
 * Of the relay-chain node: no check of the hardware, and workers for parachain code that run without the
 * sandbox that not every test machine has.
 */
const RELAY_FLAGS = [
  '--insecure-validator-i-know-what-i-do',
  '--no-hardware-benchmarks',
  '--allow-private-ip',
  ...['--execute-workers-max-num', '1'],
  ...['--prepare-workers-hard-max-num', '1'],
] as const;

/** The command line of a node: stock flags, and the flags that its program has or needs. */
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
    // The cache starts a node in a tenth of the time.
    settings.program === 'relay' ? RELAY_FLAGS : ['--wasm-cache', settings.wasmCache],
    // The observer reads the state of blocks that lost.
    ['--state-pruning', 'archive'],
    settings.more.includes('--telemetry-url') ? [] : ['--no-telemetry'],
    ['--no-mdns'],
    bootnodes.length === 0 ? [] : ['--bootnodes', ...bootnodes],
    settings.role === 'validator' ? ['--validator'] : [],
    settings.more,
  ].flat();
}
