import { createServer, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import type { KubeConfig } from '@kubernetes/client-node';
import { type Forward, hostProxy, onLoopback } from '../../file/net/index.ts';

/** The part of a web socket that is needed here. */
interface Closable {
  readonly close: () => void;
  readonly on: (event: 'close' | 'error', listener: () => void) => unknown;
}

/**
 * Listens on a free loopback port; each connection goes through the API server to the pod, whose node is
 * called by the address and port that it listens on.
 */
export async function openForward(
  config: KubeConfig,
  namespace: string,
  pod: string,
  port: number,
): Promise<Forward> {
  const { PortForward } = await import('@kubernetes/client-node');
  const forward = new PortForward(config, true);
  let failure: string | null = null;
  const server = createServer((socket) => {
    // An error message of the pod's side ends the connection; its text is not used.
    const complaints = new PassThrough().on('data', () => socket.destroy());
    forward.portForward(namespace, pod, [port], socket, complaints, socket).then(
      (stream) => tie(socket, typeof stream === 'function' ? null : (stream as Closable)),
      (error: unknown) => {
        failure = messageOf(error);
        socket.destroy();
      },
    );
  });
  const way = await onLoopback(server);
  const front = await onLoopback(hostProxy({ port: way.port }, `127.0.0.1:${port}`)).catch((error) => {
    way.close();
    throw error;
  });
  const close = (): void => {
    front.close();
    way.close();
  };
  return { port: front.port, failure: () => failure, close };
}

/** A web socket that does not open rejects with an event, whose message has the status: `…: 403`. */
function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : String(error);
}

/** Either end takes the other with it. */
function tie(socket: Socket, stream: Closable | null): void {
  if (stream === null || socket.destroyed) {
    stream?.close();
    socket.destroy();
    return;
  }
  stream.on('close', () => socket.destroy());
  stream.on('error', () => socket.destroy());
  socket.once('close', () => stream.close());
}
