import type { FlagValue } from '../network/settings.ts';
import type { FleetNode } from '../normalise/network.ts';
import { forNode, signs } from '../normalise/network.ts';
import { portsOf } from './node-ports.ts';

/** The paths of a node. */
export interface Paths {
  /** Name of a chain that the binary knows, or path of a specification. */
  readonly chain: string;
  readonly relayChain: string | null;
  readonly data: string;
  readonly relayData: string;
  readonly keystore: string;
  readonly nodeKey: string;
  readonly relayNodeKey: string;
  /** Files of the Secret of the gate. */
  readonly duty: { readonly token: string; readonly ca: string };
}

export interface ArgumentInput {
  readonly node: FleetNode;
  readonly target: 'kubernetes' | 'machine';
  readonly paths: Paths;
  /** The name that others see; on a cluster it is `$(POD_NAME)` if several pods share one command line. */
  readonly displayName: string;
  readonly bootnodes: readonly string[];
  /** Of the relay chain beside a parachain; absent if there is none. */
  readonly relayBootnodes?: readonly string[];
  readonly publicAddress: string | null;
}

/** The command line of a node, without the executable. Each flag with its value is one text. */
export function nodeArguments(input: ArgumentInput): readonly string[] {
  const { node, target, paths, bootnodes, publicAddress, displayName } = input;
  const { settings, role } = node;
  const ports = portsOf(node, target);
  return [
    `--name=${displayName}`,
    `--chain=${paths.chain}`,
    `--base-path=${paths.data}`,
    ...(signs(role) ? [`--keystore-path=${paths.keystore}`] : []),
    `--node-key-file=${paths.nodeKey}`,
    ...ROLE_FLAGS[role],
    `--port=${ports.p2p}`,
    ...(publicAddress === null ? [] : [`--public-addr=${publicAddress}`]),
    ...rpcFlags(node, target, ports.rpc),
    ...metricsFlags(settings.monitoring.metrics, ports.metrics, target),
    `--state-pruning=${settings.pruning}`,
    ...bootnodes.map((address) => `--bootnodes=${address}`),
    ...ownFlags(settings.flags),
    ...settings.customFlags,
    ...dutyFlags(node, paths),
    ...(paths.relayChain === null ? [] : relayArguments(input, paths.relayChain)),
  ];
}

const ROLE_FLAGS: Readonly<Record<FleetNode['role'], readonly string[]>> = {
  validator: ['--validator'],
  collator: ['--collator'],
  boot: [],
  rpc: [],
  archive: [],
  backup: [],
};

/**
 * Only a signer serves unsafe methods, on its loopback, because keys are rotated through them. A node that
 * others can reach serves none.
 */
function rpcFlags(
  { role, settings }: FleetNode,
  target: ArgumentInput['target'],
  port: number,
): readonly string[] {
  const open = target === 'kubernetes' && !signs(role) && settings.exposure.rpc !== 'none';
  return [
    `--rpc-port=${port}`,
    `--rpc-methods=${signs(role) ? 'auto' : 'safe'}`,
    ...(open
      ? ['--rpc-external', ...(settings.flags['rpc-cors'] === undefined ? ['--rpc-cors=all'] : [])]
      : []),
  ];
}

/** The metrics of pods are read from outside. On a machine, the reader of metrics runs there too. */
function metricsFlags(on: boolean, port: number, target: ArgumentInput['target']): readonly string[] {
  if (!on) return ['--no-prometheus'];
  return [`--prometheus-port=${port}`, ...(target === 'kubernetes' ? ['--prometheus-external'] : [])];
}

function ownFlags(flags: Readonly<Record<string, FlagValue>>): readonly string[] {
  return Object.keys(flags)
    .sort()
    .flatMap((name) => {
      const value = flags[name];
      if (value === undefined || value === false) return [];
      if (value === true) return [`--${name}`];
      return [value].flat().map((each) => `--${name}=${each}`);
    });
}

/** The permission services that the gate in the node asks: the flags of `substrate/devnode`. */
function dutyFlags({ name, settings }: FleetNode, { duty: files }: Paths): readonly string[] {
  const { duty } = settings;
  if (duty === null) return [];
  return [
    '--duty=claims',
    `--duty-node=${forNode(duty.node, name)}`,
    `--duty-token-file=${files.token}`,
    ...(duty.ca ? [`--duty-ca-file=${files.ca}`] : []),
    ...duty.services.map((service) => `--duty-service=${service}`),
  ];
}

/** Arguments for the relay chain inside a parachain node, after the double dash. */
function relayArguments(
  { node, target, paths, relayBootnodes = [] }: ArgumentInput,
  chain: string,
): readonly string[] {
  const ports = portsOf(node, target);
  return [
    '--',
    `--chain=${chain}`,
    `--base-path=${paths.relayData}`,
    `--node-key-file=${paths.relayNodeKey}`,
    `--port=${ports.relayP2p}`,
    `--rpc-port=${ports.relayRpc}`,
    '--rpc-methods=safe',
    ...metricsFlags(node.settings.monitoring.metrics, ports.relayMetrics, target),
    ...(node.settings.relayFlags['no-mdns'] === undefined ? ['--no-mdns'] : []),
    ...relayBootnodes.map((address) => `--bootnodes=${address}`),
    ...ownFlags(node.settings.relayFlags),
  ];
}
