import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { jsonOrNull, systemCause } from '@watchbill/kit';
import { type ExposedRpc, type Look, notAsked, seen, unread } from '../doctor/facts.ts';

const TIMEOUT_MS = 1_500;
const MOST_BYTES = 4 * 1024 * 1024;
/** Machines with containers have many addresses; the node listens on all of them or on none. */
const MOST_ADDRESSES = 4;

/** Addresses at which other machines reach this one. */
export function ownAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const isReachable = ({ internal, address }: { internal: boolean; address: string }): boolean =>
    !internal && !address.startsWith('fe80:');
  return all.filter(isReachable).map(({ address }) => address);
}

/**
 * Asks for an unsafe method, which changes nothing, at addresses that are not loopback. For a node at a
 * loopback address those of this machine are tried, with its port.
 */
export async function inspectExposure(
  url: string,
  addresses: readonly string[],
): Promise<Look<readonly ExposedRpc[]>> {
  const { protocol, hostname, port } = new URL(url);
  if (protocol === 'wss:' || protocol === 'https:')
    return notAsked(
      'the address of --node uses TLS: name the plain address of the node, ws://127.0.0.1:9944',
    );
  const number = port === '' ? 80 : Number(port);
  const hosts = isLoopback(hostname)
    ? addresses.slice(0, MOST_ADDRESSES)
    : [hostname.replace(/^\[|\]$/g, '')];
  if (hosts.length === 0) return notAsked('this machine has no address that others reach');
  return seen(
    await Promise.all(
      hosts.map(async (host) => ({
        address: `${host.includes(':') ? `[${host}]` : host}:${number}`,
        unsafe: await unsafeAnswer(host, number),
      })),
    ),
  );
}

/** Whether a host in a URL is this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
}

const QUESTION = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'system_peers', params: [] });

/**
 * The node also checks the Host header, which any caller may set: so the question names localhost. Plain HTTP
 * reaches the same server as WebSocket, and a closed port answers at once.
 */
function unsafeAnswer(host: string, port: number): Promise<ExposedRpc['unsafe']> {
  const { promise, resolve } = Promise.withResolvers<ExposedRpc['unsafe']>();
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const headers = { 'content-type': 'application/json', host: `localhost:${port}` };
  const call = request({ host, port, method: 'POST', headers, signal }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (part: string) => {
      text += part;
      if (text.length > MOST_BYTES) call.destroy();
    });
    response.on('end', () => resolve(answerOf(text)));
    response.on('error', () => resolve(unread(`${host}:${port} broke off its answer`)));
  });
  call.on('error', (error) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ECONNREFUSED') resolve(seen('closed'));
    else if (signal.aborted) resolve(unread(`${host}:${port} did not answer within ${TIMEOUT_MS} ms`));
    else resolve(unread(`${host}:${port}: ${systemCause(error) ?? 'the connection broke'}`));
  });
  call.end(QUESTION);
  return promise;
}

/** A refusal is an error of JSON-RPC, or a text of the Host filter. */
function answerOf(text: string): Look<'answered' | 'refused'> {
  const value = jsonOrNull(text);
  return seen(typeof value === 'object' && value !== null && 'result' in value ? 'answered' : 'refused');
}
