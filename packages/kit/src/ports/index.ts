import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the ranges of Linux, macOS and Windows for outgoing connections (from 32768, 49152 and 49152), so
 * that no connection takes a port between the check and the use; and apart from the usual ports of nodes,
 * databases and monitoring.
 */
const FIRST = 20_000;
const COUNT = 10_000;
/**
 * One process owns a stretch: a port is used seconds after its allocation, and until then looks free to
 * others. The process listens on the first port of its stretch for its whole life, so a process that draws
 * the same stretch finds it taken.
 */
const STRETCH = 100;
const MOST_LOOKS = 500;

interface Stretch {
  next: number;
  readonly end: number;
}

let own: Stretch | null = null;
let turn: Promise<unknown> = Promise.resolve();

/**
 * Returns the given number of different loopback ports that are free and allocated to no running process,
 * including this one. Throws if it finds none in {@link MOST_LOOKS} looks each.
 */
export function freePorts(count: number): Promise<readonly number[]> {
  const mine = turn.then(() => drawn(count));
  turn = mine.catch(() => undefined);
  return mine;
}

/** One of {@link freePorts}. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

async function drawn(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  for (let look = 0; ports.length < count && look < MOST_LOOKS * count; look += 1) {
    if (own === null || own.next === own.end) own = await claimed();
    if (own === null) continue;
    const port = own.next;
    own.next += 1;
    if (await isFree(port)) ports.push(port);
  }
  if (ports.length < count)
    throw new Error(
      `no free port was found between ${FIRST} and ${FIRST + COUNT - 1} on 127.0.0.1: stop some of the programs that listen there`,
    );
  return ports;
}

/** A random stretch; null if another process listens on its first port. */
async function claimed(): Promise<Stretch | null> {
  const first = FIRST + randomInt(COUNT / STRETCH) * STRETCH;
  return (await isHeld(first)) ? { next: first + 1, end: first + STRETCH } : null;
}

/** Listens there until the process ends, which it does not keep from ending. */
function isHeld(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      server.unref();
      resolve(true);
    });
  });
}

/** Whether a process could listen there now, on 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
