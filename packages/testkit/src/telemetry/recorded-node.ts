import { once } from 'node:events';
import { WebSocket } from 'ws';

/** A node that says what was recorded of a real one. */
export interface RecordedNode {
  /** Ends at once, as a node that is killed. */
  kill(): void;
}

const OPEN_TIMEOUT_MS = 5_000;

/**
 * Connects to `/submit` and says the messages, as bytes, as sc-telemetry does; `from`: the address that a
 * proxy says of it.
 */
export async function playRecording(
  url: string,
  messages: readonly string[],
  from?: string,
): Promise<RecordedNode> {
  const headers = from === undefined ? {} : { 'x-real-ip': from };
  const socket = new WebSocket(url, { headers, handshakeTimeout: OPEN_TIMEOUT_MS, perMessageDeflate: false });
  await once(socket, 'open');
  socket.on('error', () => socket.terminate());
  for (const message of messages) socket.send(Buffer.from(message), { binary: true });
  return { kill: () => socket.terminate() };
}
