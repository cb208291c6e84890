import type { WebSocket } from 'ws';
import { ACTION, type FeedAction, type Feeds } from './feeds.ts';
import { type NodeMessage, type ReportedDetails, readNodeMessage } from './node-message.ts';

/** The place of a node, which a server finds by the address of the node. */
export interface NodePlace {
  readonly latitude: number;
  readonly longitude: number;
  readonly city: string;
}

/** A node as the server knows it. */
interface ReportingNode {
  readonly socket: WebSocket;
  /** Among the nodes of its connection. */
  readonly reportsAs: number;
  /** In the feed: one that was given up comes into use again, as with the real server. */
  readonly id: number;
  readonly genesisHash: string;
  readonly details: ReportedDetails;
  readonly ip: string;
  validator: string | null;
  place: NodePlace | null;
}

/** The nodes that report. Feeds get each change. */
export interface ReportingNodes {
  admit(socket: WebSocket, ip: string): void;
  /** The node's place, as the address lookup of a public server finds it. */
  locate(networkId: string, place: NodePlace): void;
  counts(): { readonly nodes: number; readonly malformed: number };
  /** One action for each chain. */
  chains(): readonly FeedAction[];
  /** All nodes of a chain, for a new feed. */
  nodesOf(genesisHash: string): readonly FeedAction[];
}

type Connected = Extract<NodeMessage, { kind: 'connected' }>;

/** `exposeAddresses`: the public servers show no address of a node unless they are set to. */
export function reportingNodes(feeds: Feeds, exposeAddresses: boolean): ReportingNodes {
  const nodes = new Set<ReportingNode>();
  let malformed = 0;

  const on = (genesisHash: string): readonly ReportingNode[] =>
    [...nodes].filter((node) => node.genesisHash === genesisHash);
  const added = (node: ReportingNode): FeedAction => [ACTION.addedNode, addedPayload(node, exposeAddresses)];
  const chain = (genesisHash: string): FeedAction => {
    const [first, ...others] = on(genesisHash);
    return first === undefined
      ? [ACTION.removedChain, genesisHash]
      : [ACTION.addedChain, [first.details.chain, genesisHash, 1 + others.length]];
  };

  function connected(socket: WebSocket, ip: string, { id, genesisHash, details }: Connected): void {
    const from = { socket, ip, reportsAs: id, genesisHash, details };
    const node = { ...from, id: freeId(on(genesisHash)), validator: null, place: null };
    nodes.add(node);
    feeds.tell([added(node)], genesisHash);
    feeds.tell([chain(genesisHash)]);
  }

  function take(socket: WebSocket, ip: string, message: NodeMessage | null): void {
    if (message === null) malformed += 1;
    else if (message.kind === 'connected') connected(socket, ip, message);
    else if (message.kind === 'authority') {
      const node = [...nodes].find((one) => one.socket === socket && one.reportsAs === message.id);
      if (node === undefined) return;
      node.validator = message.authorityId;
      feeds.tell([added(node)], node.genesisHash);
    }
  }

  function remove(node: ReportingNode): void {
    nodes.delete(node);
    feeds.tell([[ACTION.removedNode, node.id]], node.genesisHash);
    feeds.tell([chain(node.genesisHash)]);
  }

  return {
    admit: (socket, ip) => {
      socket.on('message', (data) => take(socket, ip, readNodeMessage(String(data))));
      socket.once('close', () => {
        for (const node of nodes) if (node.socket === socket) remove(node);
      });
    },
    locate: (networkId, place) => {
      for (const node of nodes) {
        if (node.details.networkId !== networkId) continue;
        node.place = place;
        feeds.tell([[ACTION.locatedNode, [node.id, ...placePayload(place)]]], node.genesisHash);
      }
    },
    counts: () => ({ nodes: nodes.size, malformed }),
    chains: () => [...new Set([...nodes].map(({ genesisHash }) => genesisHash))].map(chain),
    nodesOf: (genesisHash) => on(genesisHash).map(added),
  };
}

function freeId(others: readonly ReportingNode[]): number {
  const taken = new Set(others.map(({ id }) => id));
  let free = 0;
  while (taken.has(free)) free += 1;
  return free;
}

/** Figures and blocks of a node are left out, as the format allows. */
function addedPayload(
  { id, details, validator, ip, place }: ReportingNode,
  isAddressShown: boolean,
): readonly unknown[] {
  const { name, implementation, version, networkId, startupTimeMs } = details;
  const [stats, io, hardware, block, scores, machine] = Array.from({ length: 6 }, () => null);
  return [
    id,
    [name, implementation, version, validator, networkId, isAddressShown ? ip : null, machine],
    ...[stats, io, hardware, block],
    place === null ? null : placePayload(place),
    ...[startupTimeMs, scores],
  ];
}

function placePayload({ latitude, longitude, city }: NodePlace): readonly unknown[] {
  return [latitude, longitude, city];
}
