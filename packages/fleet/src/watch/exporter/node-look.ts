import { finalizedHead, genesisHash, type Head, type NodeRpc } from '@watchbill/chain';
import { ask, follows, type Known, known, unknown } from './known.ts';
import type { Target } from './target.ts';

export interface RuntimeName {
  readonly name: string;
  readonly version: number;
}

/** The answers of one node. */
export interface NodeLook {
  readonly target: Target;
  /** Null: it is not asked. */
  readonly node: NodeRpc | null;
  readonly genesis: Known<string>;
  readonly head: Known<Head>;
  readonly version: Known<string>;
  readonly runtime: Known<RuntimeName>;
}

/** Asks a node for its identity and its head. Never fails. */
export async function lookAtNode(target: Target, node: NodeRpc | null): Promise<NodeLook> {
  if (node === null) {
    const why = unknown('its RPC is not asked');
    return { target, node, genesis: why, head: why, version: why, runtime: why };
  }
  const [genesis, head, version] = await Promise.all([
    ask(() => genesisHash(node)),
    ask(() => finalizedHead(node)),
    ask(() => node.call('system_version')),
  ]);
  const runtime = head.known
    ? await ask(() => node.call('state_getRuntimeVersion', [head.value.hash]))
    : head;
  return {
    target,
    node,
    genesis,
    head,
    version: follows(version, (text) =>
      typeof text === 'string' ? known(text) : unknown('the node named no version'),
    ),
    runtime: follows(runtime, runtimeName),
  };
}

function runtimeName(answer: unknown): Known<RuntimeName> {
  const { specName, specVersion } = (answer ?? {}) as {
    readonly specName?: unknown;
    readonly specVersion?: unknown;
  };
  return typeof specName === 'string' && typeof specVersion === 'number'
    ? known({ name: specName, version: specVersion })
    : unknown('the node named no runtime');
}
