import { counted, table } from '@watchbill/kit';
import type { LocalStatus } from '../../lab/local/index.ts';
import type { UpEvent } from '../../lab/operate/index.ts';

/** One thing that happened, as a line; the state of all nodes as a table. */
export function eventLine(event: UpEvent): string {
  switch (event.kind) {
    case 'gateway':
      return `gateway      ${event.url} (HTTP and WebSocket)`;
    case 'up':
      return `up           ${event.network}: ${counted(event.count, 'node')}; stop with Ctrl-C`;
    case 'status':
      return `\n${statusText(event.nodes)}`;
    case 'stopping':
      return 'stopping     signers first';
    case 'stopped':
      return 'stopped      chains and keys stay in the folder';
    case 'stand-in':
      return `stand-in     ${event.node}: a node of the relay chain runs in its place, and makes no blocks; collators do not run here`;
    case 'started':
      return `started      ${event.node}, process ${event.pid}`;
    case 'ended':
      return `ended        ${event.node}: ${event.how}; again in ${event.againMs} ms`;
    case 'gave-up':
      return `gave up      ${event.node}: ${event.how}, ten times in a row; see its log`;
    case 'not-noted':
      return `not noted    ${event.node}: the folder cannot be written: ${event.why}`;
    case 'leftover':
      return `left over    ${event.node}: process ${event.pid} of an earlier run was ended first`;
  }
}

/** The nodes of a network as a table for people. */
function statusText(nodes: readonly LocalStatus[]): string {
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
