import { messageOf } from '@watchbill/kit';
import WebSocket from 'ws';
import { chainHeadSession } from './chain-head.ts';
import { type BlockLedger, blockLedger, FinalityFault } from './ledger.ts';

/** A node that is listened to. */
export interface Followed {
  readonly ledger: BlockLedger;
  /** Why nothing more is told; null while it is. */
  readonly fault: () => FinalityFault | null;
  readonly close: () => void;
}

const LARGEST_MESSAGE_BYTES = 16 << 20;
const CONNECT_MS = 10_000;

/** Listens to a node from now on. What it tells is timed when it arrives. Never throws: see `fault`. */
export function followNode(url: string, nowMs: () => number): Followed {
  const ledger = blockLedger();
  const socket = new WebSocket(url, { maxPayload: LARGEST_MESSAGE_BYTES, handshakeTimeout: CONNECT_MS });
  const session = chainHeadSession(ledger, (text) => socket.send(text));
  let fault: FinalityFault | null = null;

  function fail(error: unknown): void {
    fault ??= error instanceof FinalityFault ? error : lost(messageOf(error));
    socket.terminate();
  }

  socket.on('open', session.begin);
  socket.on('message', (data) => {
    const atMs = nowMs();
    if (fault !== null) return;
    try {
      session.receive(String(data), atMs);
    } catch (error) {
      fail(error);
    }
  });
  socket.on('error', fail);
  socket.on('close', () => {
    fault ??= lost('the connection was closed');
  });
  return { ledger, fault: () => fault, close: () => socket.terminate() };
}

function lost(why: string): FinalityFault {
  return new FinalityFault(`what the node told was lost: ${why}`, 'look at the log of the node');
}
