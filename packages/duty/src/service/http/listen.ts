import { once } from 'node:events';
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect, isIP } from 'node:net';
import { causeText, isLoopback } from '@watchbill/kit';
import { PermitFault } from '../contract.ts';

/** The address to listen on. TCP takes a free port if `port` is 0. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host?: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

const LOOPBACK = '127.0.0.1';
const SOCKET_MODE = 0o600;
const PROBE_MS = 2_000;

/** Refuse unsafe addresses: clear text on an address that others can reach. */
export function checkAddress(address: ListenAddress, hasTls: boolean): void {
  if (address.kind === 'unix' || hasTls || isLoopback(address.host ?? LOOPBACK)) return;
  throw new PermitFault(
    'address-needs-tls',
    400,
    `listening on ${address.host} without TLS would show tokens to the network`,
    'Configure TLS (`watchbill init --tls` makes certificates), or listen on 127.0.0.1 or a unix socket.',
  );
}

/** Begin to listen; returns the address as clients write it. */
export async function listen(
  server: Server,
  address: ListenAddress,
  scheme: 'http' | 'https',
): Promise<string> {
  if (address.kind === 'unix') {
    await clearStaleSocket(address.path);
    await bound(server, () => privately(() => server.listen(address.path)), address.path);
    chmodSync(address.path, SOCKET_MODE);
    return `unix:${address.path}`;
  }
  const host = address.host ?? LOOPBACK;
  await bound(server, () => server.listen(address.port, host), `${host}:${address.port}`);
  const actual = server.address();
  const port = typeof actual === 'object' && actual !== null ? actual.port : address.port;
  return `${scheme}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

async function bound(server: Server, begin: () => void, where: string): Promise<void> {
  try {
    const listening = once(server, 'listening');
    begin();
    await listening;
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    throw new PermitFault(
      taken ? 'address-in-use' : 'address-refused',
      400,
      `cannot listen on ${where}: ${causeText(error)}`,
      taken
        ? 'Stop what listens there, or choose another port: `service.listen.port`, `--service-listen-port`.'
        : 'Choose an address of this machine.',
      error,
    );
  }
}

/** The socket file must never be open to others, not even between its making and a chmod. */
function privately(make: () => void): void {
  const before = process.umask(0o177);
  try {
    make();
  } finally {
    process.umask(before);
  }
}

/**
 * Remove the socket file of a process that is gone; refuse one that answers and any file that is not a
 * socket.
 */
async function clearStaleSocket(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new PermitFault(
      'socket-path-taken',
      400,
      `${path} exists and is not a socket`,
      'Choose another path.',
    );
  }
  if (await answers(path)) {
    throw new PermitFault(
      'address-in-use',
      400,
      `another process listens on ${path}`,
      'Stop it, or choose another path.',
    );
  }
  unlinkSync(path);
}

/** Only a refused connection proves that no process listens. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (alive: boolean): void => {
      socket.destroy();
      resolve(alive);
    };
    socket.setTimeout(PROBE_MS, () => end(true));
    socket.once('connect', () => end(true));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code !== 'ECONNREFUSED'));
  });
}
