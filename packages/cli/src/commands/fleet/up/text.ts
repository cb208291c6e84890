import { table } from '@watchbill/base';
import type { KeeperEvent, LocalStatus } from '@watchbill/lab/local';

/** One thing that happened to a node, as a line. */
export function eventLine(event: KeeperEvent): string {
  const { node } = event;
  switch (event.kind) {
    case 'started':
      return `started      ${node}, process ${event.pid}`;
    case 'ended':
      return `ended        ${node}: ${event.how}; again in ${event.againMs} ms`;
    case 'gave-up':
      return `gave up      ${node}: ${event.how}, ten times in a row; see its log`;
    case 'not-noted':
      return `not noted    ${node}: the folder cannot be written: ${event.why}`;
    case 'leftover':
      return `left over    ${node}: process ${event.pid} of an earlier run was ended first`;
  }
}

/** The nodes of a network as a table for people. */
export function statusText(nodes: readonly LocalStatus[]): string {
  return table(
    ['node', 'role', 'state', 'best', 'finalised', 'peers', 'restarts', 'RPC'],
    nodes.map(({ name, role, state, reading, restarts, rpcUrl }) => [
      name,
      role,
      stateText(state, reading),
      reading === null ? '?' : String(reading.best),
      reading === null ? '?' : String(reading.finalised),
      reading === null ? '?' : String(reading.peers),
      String(restarts),
      rpcUrl,
    ]),
  );
}

function stateText(state: LocalStatus['state'], reading: LocalStatus['reading']): string {
  if (state !== 'running') return state;
  if (reading === null) return 'no answer';
  return reading.isSyncing ? 'syncing' : 'running';
}
