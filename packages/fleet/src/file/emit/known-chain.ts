import { isList, isRecord, type Json } from '@watchbill/kit';
import {
  chainEntries,
  type FleetNode,
  type NamedChain,
  type Network,
  type Runs,
} from '../normalise/network.ts';

/**
 * The origin of a chain's boot nodes.
 * - `elsewhere`: a chain that the binary knows, or a specification with boot nodes outside this file.
 * - `here`: a specification whose boot nodes are nodes of this file.
 * - `none`: a specification without boot nodes, or a development chain; its nodes know only the boot nodes of
 * this file.
 * - `unread`: a specification by url, whose content is unknown.
 */
export type BootNodesOf = 'elsewhere' | 'here' | 'none' | 'unread';

/** Development chains that are built into binaries: they have no boot nodes. */
const FOR_DEVELOPMENT = /(^|-)(dev|local)$/;

/** Whether a name that binaries know is that of a development chain: `dev`, `local`, `westend-local`. */
export function isDevelopmentChain(name: string): boolean {
  return FOR_DEVELOPMENT.test(name);
}

/**
 * `addresses` of all nodes that run the chain. A boot node is ours if it has the host and port, or the peer
 * id, of one of them.
 */
export function bootNodesOfChain(
  { name, spec }: NamedChain,
  files: ReadonlyMap<string, string>,
  ours: { readonly addresses: ReadonlySet<string>; readonly peerIds: ReadonlySet<string> },
): BootNodesOf {
  if (spec === undefined) return isDevelopmentChain(name ?? '') ? 'none' : 'elsewhere';
  const listed = listedIn(files.get(spec.file ?? ''));
  if (listed === null) return 'unread';
  if (listed.length === 0) return 'none';
  const isOurs = (address: string): boolean =>
    ours.peerIds.has(address.split('/p2p/').at(-1) ?? '') || ours.addresses.has(hostAndPort(address) ?? '');
  return listed.every(isOurs) ? 'here' : 'elsewhere';
}

/** Null if the text is missing or not a specification. */
function listedIn(text: string | undefined): readonly string[] | null {
  try {
    const value = JSON.parse(text ?? '') as Json;
    if (!isRecord(value)) return null;
    return isList(value.bootNodes) ? value.bootNodes.map(String) : [];
  } catch {
    return null;
  }
}

/** `HOST:PORT` of a multiaddress, for any kind of host; null for other addresses. */
export function hostAndPort(address: string): string | null {
  const [, host, port] = /^\/(?:dns|dns4|dns6|ip4|ip6)\/([^/]+)\/tcp\/(\d+)(?:\/|$)/.exec(address) ?? [];
  return host === undefined ? null : `${host.toLowerCase()}:${port}`;
}

/** The nodes of a file that run a chain as their own. */
export function nodesOfChain({ pools }: Network, runs: Runs): readonly FleetNode[] {
  return pools.flatMap(({ nodes }) => nodes).filter((node) => node.runs === runs);
}

/** The chains of a file by who runs them; of a chain without relay chain only its own. */
export function chainsByRuns({ chain }: Network): readonly (readonly [Runs, NamedChain])[] {
  return chainEntries(chain).map((entry) => [entry.runs, entry.chain] as const);
}
