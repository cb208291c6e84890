import { createServer } from 'node:net';

/**
 * Below the ports that the system hands out by itself, so that no other connection takes one between the
 * check and the use, and below those that the product draws from. Each process has a separate stretch, so
 * that test files that run side by side do not meet.
 */
const FIRST_PORT = 10_000;
const STRETCHES = 29;
const PORTS_PER_STRETCH = 340;
/** `fetch` refuses it, as browsers do: the only such port in the stretches (Fetch Standard, "bad port"). */
const BAD_PORT = 10_080;

let next = 0;
let claimed: Promise<number> | null = null;

/**
 * The process holds the first port of its stretch for as long as it lives. Another process that finds it
 * taken uses another stretch.
 */
async function claimStretch(): Promise<number> {
  for (let look = 0; look < STRETCHES; look++) {
    const first = FIRST_PORT + ((process.pid + look) % STRETCHES) * PORTS_PER_STRETCH;
    if (await isHeld(first)) return first;
  }
  throw new Error('every stretch of loopback ports is in use');
}

function isHeld(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => {
      server.unref();
      resolve(true);
    });
  });
}

/** Free loopback ports, all different. None repeats until the stretch of this process begins anew. */
export async function freePorts(count: number): Promise<number[]> {
  claimed ??= claimStretch();
  const first = await claimed;
  const ports: number[] = [];
  for (let look = 1; look < PORTS_PER_STRETCH && ports.length < count; look++) {
    const port = first + 1 + (next++ % (PORTS_PER_STRETCH - 1));
    if (port !== BAD_PORT && (await isFree(port))) ports.push(port);
  }
  if (ports.length < count) throw new Error(`${count} free ports were not found`);
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
