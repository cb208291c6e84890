import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below what Linux, macOS and Windows hand out by themselves to outgoing connections (from 32768, 49152 and 49152), so that nobody's connection
 * takes a port between the look and the use; and apart from what nodes, databases and monitoring use by habit.
 */
const FIRST = 20_000;
const COUNT = 10_000;
const MOST_LOOKS = 500;

const given = new Set<number>();

/**
 * So many loopback ports, all different, that nobody listens on and that this process was not given before. Drawn at random, so that two
 * commands at once do not meet. Throws where none is found in {@link MOST_LOOKS} looks each.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  for (let look = 0; ports.length < count && look < MOST_LOOKS * count; look += 1) {
    const port = FIRST + randomInt(COUNT);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    ports.push(port);
  }
  if (ports.length < count)
    throw new Error(
      `no free port was found between ${FIRST} and ${FIRST + COUNT - 1} on 127.0.0.1: end some of the programs that listen there`,
    );
  return ports;
}

/** One of {@link freePorts}. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

/** Whether one could listen there now, on 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
