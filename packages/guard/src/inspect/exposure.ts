import { networkInterfaces } from 'node:os';
import { isLoopback, jsonOrNull } from '@watchbill/kit';
import { CallFault, openCaller } from '@watchbill/kit/call';
import { type Look, notAsked, seen, unread } from './look.ts';

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
export async function inspectExposure(url: string) {
  const { protocol, hostname, port } = new URL(url);
  if (protocol === 'wss:' || protocol === 'https:')
    return notAsked(
      'the address of --node uses TLS: name the plain address of the node, ws://127.0.0.1:9944',
    );
  const hosts = isLoopback(hostname)
    ? ownAddresses().slice(0, MOST_ADDRESSES)
    : [hostname.replace(/^\[|\]$/g, '')];
  if (hosts.length === 0) return notAsked('this machine has no address that others reach');
  const places = hosts.map((host) => `${host.includes(':') ? `[${host}]` : host}:${port || '80'}`);
  return seen(
    await Promise.all(
      places.map(async (address) => ({ address, unsafe: await answerAt(address, 'system_peers') })),
    ),
  );
}

/**
 * How a node answers a question without parameters. It also checks the Host header, which any caller may set:
 * so the question names localhost. Plain HTTP reaches the same server as WebSocket, and a closed port answers
 * at once.
 */
export async function answerAt(
  place: string,
  method: string,
): Promise<Look<'answered' | 'refused' | 'closed'>> {
  const body = { jsonrpc: '2.0', id: 1, method, params: [] };
  const headers = { host: place.replace(/^.*(?=:)/, 'localhost') };
  const limits = { deadlineMs: TIMEOUT_MS, mostBytes: MOST_BYTES };
  try {
    const { text } = await openCaller().ask(`http://${place}/`, { headers, body, ...limits });
    const value = jsonOrNull(text);
    // A refusal is an error of JSON-RPC, or a text of the Host filter.
    return seen(typeof value === 'object' && value !== null && 'result' in value ? 'answered' : 'refused');
  } catch (error) {
    if (!(error instanceof CallFault)) throw error;
    const cause = error.cause as { readonly code?: unknown } | undefined;
    return cause?.code === 'ECONNREFUSED' ? seen('closed') : unread(error.message);
  }
}
