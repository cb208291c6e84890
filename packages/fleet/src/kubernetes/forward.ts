import { createServer, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import type { KubeConfig } from '@kubernetes/client-node';

/** A way from this machine to a port on the loopback of a pod. */
export interface Forward {
  /** On 127.0.0.1. */
  readonly port: number;
  readonly close: () => void;
}

/** What of a web socket is needed here. */
interface Closable {
  readonly close: () => void;
  readonly on: (event: 'close' | 'error', listener: () => void) => unknown;
}

/** Listens on a free loopback port; each connection goes through the API server to the pod. */
export async function openForward(
  config: KubeConfig,
  namespace: string,
  pod: string,
  port: number,
): Promise<Forward> {
  const { PortForward } = await import('@kubernetes/client-node');
  const forward = new PortForward(config, true);
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => open.delete(socket));
    // What the pod's side complains of ends the connection; its text is for nobody here.
    const complaints = new PassThrough().on('data', () => socket.destroy());
    forward.portForward(namespace, pod, [port], socket, complaints, socket).then(
      (stream) => tie(socket, typeof stream === 'function' ? null : (stream as Closable)),
      () => socket.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
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
