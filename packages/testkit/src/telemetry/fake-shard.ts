import type { WebSocket } from 'ws';
import type { FakeFeed } from './fake-feed.ts';
import { ACTION, type FeedAction } from './feed-action.ts';
import { type NodeMessage, readNodeMessage } from './node-message.ts';
import { reportingNode } from './reporting-node.ts';
import type { TelemetryState } from './state.ts';

/** Those who report. */
export interface FakeShard {
  admit(socket: WebSocket, ip: string): void;
  counts(): { readonly nodes: number; readonly malformed: number; readonly unused: number };
  /** Ends all connections at once. */
  drop(): void;
}

/** Where a node stands in the state. */
interface Place {
  readonly genesisHash: string;
  readonly id: number;
}

interface Connection {
  readonly socket: WebSocket;
  readonly ip: string;
  /** Nodes that share the connection, by the id in their messages. */
  readonly places: Map<number, Place>;
}

/** Nodes that one connection may report. */
const MOST_PER_CONNECTION = 64;

/** The state that reports change, and the feeds that get the changes. */
interface Ground {
  readonly state: TelemetryState;
  readonly feeds: FakeFeed;
  readonly counts: { malformed: number; unused: number };
}

export function fakeShard(state: TelemetryState, feeds: FakeFeed, heard: (text: string) => void): FakeShard {
  const connections = new Set<Connection>();
  const counts = { malformed: 0, unused: 0 };
  const ground: Ground = { state, feeds, counts };
  return {
    admit: (socket, ip) => {
      const connection: Connection = { socket, ip, places: new Map() };
      connections.add(connection);
      socket.on('message', (data) => {
        heard(String(data));
        take(ground, connection, String(data));
      });
      socket.once('close', () => {
        if (connections.delete(connection)) remove(ground, [...connection.places.values()]);
      });
    },
    counts: () => ({ ...counts, nodes: [...connections].reduce((sum, { places }) => sum + places.size, 0) }),
    drop: () => {
      const all = [...connections];
      connections.clear();
      for (const { socket } of all) socket.terminate();
      remove(
        ground,
        all.flatMap(({ places }) => [...places.values()]),
      );
    },
  };
}

function take(ground: Ground, connection: Connection, text: string): void {
  const message = readNodeMessage(text);
  if (message === null) ground.counts.malformed += 1;
  else if (message.report.kind === 'connected') connected(ground, connection, message);
  else report(ground, connection, message);
}

function connected(
  { state, feeds, counts }: Ground,
  connection: Connection,
  { id, report }: NodeMessage,
): void {
  if (report.kind !== 'connected') return;
  if (connection.places.has(id) || connection.places.size >= MOST_PER_CONNECTION) {
    counts.unused += 1;
    return;
  }
  const chain = state.chainFor(report.genesisHash);
  const added = chain.add(reportingNode(report.details, connection.ip, Date.now()));
  connection.places.set(id, { genesisHash: report.genesisHash, id: added.id });
  feeds.tell(added.actions, report.genesisHash);
  feeds.tell([countOf(state, report.genesisHash)]);
}

function report({ state, feeds, counts }: Ground, connection: Connection, message: NodeMessage): void {
  const place = connection.places.get(message.id);
  if (place === undefined || message.report.kind === 'other') {
    counts.unused += 1;
    return;
  }
  const actions = state.chain(place.genesisHash)?.report(place.id, message.report, Date.now()) ?? [];
  feeds.tell(actions, place.genesisHash);
}

/** A chain without nodes is removed; feeds get no separate message about its last node. */
function remove({ state, feeds }: Ground, places: readonly Place[]): void {
  for (const genesisHash of new Set(places.map((place) => place.genesisHash))) {
    const chain = state.chain(genesisHash);
    const ids = places.filter((place) => place.genesisHash === genesisHash).map(({ id }) => id);
    for (const id of ids) chain?.remove(id);
    if (chain === undefined || chain.size() === 0) {
      state.forget(genesisHash);
      feeds.tell([[ACTION.removedChain, genesisHash]]);
      continue;
    }
    feeds.tell(
      ids.map((id): FeedAction => [ACTION.removedNode, id]),
      genesisHash,
    );
    feeds.tell([countOf(state, genesisHash)]);
  }
}

function countOf(state: TelemetryState, genesisHash: string): FeedAction {
  const chain = state.chain(genesisHash);
  return [ACTION.addedChain, [chain?.label() ?? '', genesisHash, chain?.size() ?? 0]];
}
