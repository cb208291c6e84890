import { systemClock } from '@watchbill/kit';
import { parseNodeUrl } from './address.ts';
import { httpNode } from './http.ts';
import type { ConnectOptions, NodeRpc } from './port.ts';
import { socketNode } from './socket-node.ts';

const MAX_PENDING = 1_024;

/**
 * A client of the node at `url` (`ws`, `wss`, `http` or `https`). Returns at once and connects with the first
 * call; throws `bad-url` for an invalid address. It renews a lost connection, with pauses that grow to 5 s.
 */
export function connectNode(url: string, options: ConnectOptions): NodeRpc {
  const address = parseNodeUrl(url);
  const settings = {
    address,
    timeoutMs: options.timeoutMs,
    clock: options.clock ?? systemClock(),
    maxPending: options.maxPending ?? MAX_PENDING,
  };
  return address.webSocket ? socketNode(settings) : httpNode(settings);
}
