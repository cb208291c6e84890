export interface OperatorText {
  readonly group: string;
  readonly listen: string;
  readonly chain: string;
  readonly httpPort: number;
}

/** A commented `coordinate.yaml`. */
export function operatorYaml({ group, listen, chain, httpPort }: OperatorText): string {
  return `# One operator of a group: \`watchbill coordinate run\` reads it. File names are relative to this file.
group: ${JSON.stringify(group)}
# The operator key. Its owner alone may read it; it is not a stash or session key, and holds no funds.
keyFile: operator.key
# The signed messages of this member. Never copy it: two processes on copies would sign conflicting messages.
stateDir: state
transport:
  kind: libp2p
  # A multiaddr.
  listen: ${JSON.stringify(listen)}
chain:
  # Your own node. Only finalised blocks count.
  url: ${JSON.stringify(chain)}
  # With further nodes, a height, a seed or a read of an action counts if a majority of all nodes returns it.
  # confirm: [wss://second.example, wss://third.example]
http:
  # /metrics /health /status /windows, for this machine alone.
  port: ${httpPort}
# Settings of this operator by action: heartbeat, upgrade, call, rotate.
actions: {}
`;
}

export interface DevChainText {
  readonly startedAtMs: number;
  readonly blockMs: number;
  readonly port: number;
}

/** The file that `dev-chain` reads. */
export function devChainYaml({ startedAtMs, blockMs, port }: DevChainText): string {
  return `# A development chain of empty blocks. \`watchbill coordinate dev-chain\` serves it.
name: dev
# All blocks follow from this time, so the chain continues after a restart.
startedAtMs: ${startedAtMs}
blockMs: ${blockMs}
port: ${port}
`;
}
