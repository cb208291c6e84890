import type { WebSocket } from 'ws';
import { MAX_ENCODED_FRAME_BYTES } from '../frame-codec.ts';
import type { TransportLimits } from '../limits.ts';
import type { TransportRefusal } from '../port.ts';
import type { Handshake, HandshakeStep, Session } from './handshake.ts';
import { SEAL_BYTES } from './sealing.ts';

/** The first byte of a sealed message. */
const FRAME = 1;
const KEEP_ALIVE = 2;

/** The largest message that either end sends: a sealed frame. */
export const MAX_MESSAGE_BYTES = 1 + MAX_ENCODED_FRAME_BYTES + SEAL_BYTES;

/** How long nothing is read from a member that is over its quota, so that a flood meets a full pipe and not our processor. */
const OVER_QUOTA_PAUSE_MS = 100;

/** A connection from the first byte on. */
export interface Link {
  /** Seal and send a frame. False where it was dropped: too much waits already, or the connection is not proven or not open. */
  send(frame: Uint8Array): boolean;
  /** Ends in good order what is not yet ended. */
  close(): void;
  /** Ends at once. */
  terminate(): void;
}

export interface LinkEvents {
  proven(seat: number): void;
  /** A frame of that member. Answers why it is not handed over, or null. */
  frame(seat: number, bytes: Uint8Array): TransportRefusal | null;
  /** A sign of life of that member. Answers whether there are too many. */
  keepAlive(seat: number): TransportRefusal | null;
  refused(reason: TransportRefusal, seat: number | null): void;
  closed(seat: number | null): void;
}

export type LinkLimits = Pick<
  TransportLimits,
  'handshakeMs' | 'keepAliveMs' | 'silenceMs' | 'sendBufferBytes'
>;

/** Runs the handshake on a socket that is open, then frames. Every way to the end passes `closed` once. */
export function linkOver(
  socket: WebSocket,
  handshake: Handshake,
  limits: LinkLimits,
  events: LinkEvents,
): Link {
  let session: Session | null = null;
  const resting = restsOf(socket);
  const deadline = setTimeout(() => socket.terminate(), limits.handshakeMs);
  const seatOf = (): number | null => session?.seat ?? null;
  const refuse = (reason: TransportRefusal): void => {
    events.refused(reason, seatOf());
    socket.terminate();
  };
  const seal = (kind: number, body: Uint8Array): boolean => {
    if (session === null || socket.readyState !== socket.OPEN) return false;
    if (socket.bufferedAmount + body.length > limits.sendBufferBytes) return false;
    socket.send(session.seal(Buffer.concat([Uint8Array.of(kind), body])));
    return true;
  };
  const step = (next: HandshakeStep): void => {
    if (next.kind === 'refused') {
      refuse(next.reason);
      return;
    }
    if (next.send !== null) socket.send(next.send);
    if (next.kind === 'go-on') return;
    clearTimeout(deadline);
    session = next.session;
    events.proven(session.seat);
  };
  const read = (current: Session, bytes: Uint8Array): void => {
    const message = current.open(bytes);
    let reason: TransportRefusal | null = null;
    if (message?.[0] === FRAME) reason = events.frame(current.seat, message.subarray(1));
    else if (message?.[0] === KEEP_ALIVE) reason = events.keepAlive(current.seat);
    else refuse(message === null ? 'bad-signature' : 'malformed');
    if (reason === 'over-quota') resting.rest();
  };
  const life = signsOfLife(limits, {
    send: () => seal(KEEP_ALIVE, new Uint8Array(0)),
    silent: () => socket.terminate(),
  });

  listenTo(socket, {
    message: (bytes) => {
      life.heard();
      if (session === null) step(handshake.read(bytes));
      else read(session, bytes);
    },
    refuse,
    closed: () => {
      clearTimeout(deadline);
      life.close();
      resting.close();
      events.closed(seatOf());
    },
  });
  if (handshake.opening !== null) socket.send(handshake.opening);
  return {
    send: (frame) => seal(FRAME, frame),
    close: () => socket.close(),
    terminate: () => socket.terminate(),
  };
}

/** Says something at least every `keepAliveMs`, and notices when the other end has said nothing for `silenceMs`. */
function signsOfLife(
  limits: Pick<TransportLimits, 'keepAliveMs' | 'silenceMs'>,
  on: { readonly send: () => void; readonly silent: () => void },
): { heard(): void; close(): void } {
  let heardAtMs = performance.now();
  const timer = setInterval(() => {
    if (performance.now() - heardAtMs > limits.silenceMs) on.silent();
    else on.send();
  }, limits.keepAliveMs);
  return {
    heard: () => {
      heardAtMs = performance.now();
    },
    close: () => clearInterval(timer),
  };
}

function listenTo(
  socket: WebSocket,
  on: {
    readonly message: (bytes: Uint8Array) => void;
    readonly refuse: (reason: TransportRefusal) => void;
    readonly closed: () => void;
  },
): void {
  socket.on('message', (data, isBinary) => {
    // What was read together with something that ended the connection still comes.
    if (socket.readyState !== socket.OPEN) return;
    if (isBinary && Buffer.isBuffer(data)) on.message(Uint8Array.from(data));
    else on.refuse('malformed');
  });
  socket.on('error', (error) => {
    if ('code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') on.refuse('too-large');
    else socket.terminate();
  });
  socket.once('close', on.closed);
}

/** Lets a socket rest: what comes meanwhile waits in the pipe. */
function restsOf(socket: WebSocket): { rest(): void; close(): void } {
  let waking: ReturnType<typeof setTimeout> | null = null;
  return {
    rest: () => {
      socket.pause();
      waking ??= setTimeout(() => {
        waking = null;
        socket.resume();
      }, OVER_QUOTA_PAUSE_MS);
    },
    close: () => {
      if (waking !== null) clearTimeout(waking);
    },
  };
}
