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
  /** The relay-chain node inside a collator. */
  readonly inner?: InnerRelay;
}

export interface InnerRelay {
  /** Raw chain specification of the relay chain. */
  readonly spec: string;
  readonly listenPort: number;
  readonly rpcPort: number;
  readonly metricsPort: number;
  /** Multiaddresses of nodes of the relay chain. */
  readonly bootnodes: readonly string[];
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

/** The arguments after those of a collator, for the relay-chain node inside it. */
function innerArguments({ inner, listenAddress }: ArgumentSettings): readonly string[] {
  if (inner === undefined) return [];
  return [
    '--',
    ...['--chain', inner.spec],
    ...['--listen-addr', `/ip4/${listenAddress}/tcp/${inner.listenPort}`],
    ...['--rpc-port', `${inner.rpcPort}`],
    ...['--prometheus-port', `${inner.metricsPort}`],
    '--no-telemetry',
    '--no-mdns',
    '--allow-private-ip',
    ...(inner.bootnodes.length === 0 ? [] : ['--bootnodes', ...inner.bootnodes]),
  ];
}

/** Flags of one program alone. The cache starts a node in a tenth of the time. */
function flagsOf({ program, wasmCache }: ArgumentSettings): readonly string[] {
  if (program === 'relay') return RELAY_FLAGS;
  return program === 'collator' ? ['--no-hardware-benchmarks'] : ['--wasm-cache', wasmCache];
}

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
    flagsOf(settings),
    // The observer reads the state of blocks that lost.
    ['--state-pruning', 'archive'],
    settings.more.includes('--telemetry-url') ? [] : ['--no-telemetry'],
    ['--no-mdns'],
    bootnodes.length === 0 ? [] : ['--bootnodes', ...bootnodes],
    settings.role === 'validator' ? [settings.program === 'collator' ? '--collator' : '--validator'] : [],
    settings.more,
    innerArguments(settings),
  ].flat();
}
