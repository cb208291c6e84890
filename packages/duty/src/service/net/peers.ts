import { isLoopback, jsonOrNull } from '@watchbill/kit';
import { type Asked, type CallerSettings, CallFault, openCaller } from '@watchbill/kit/call';
import type { Peers } from '../ports.ts';
import { memoryView } from '../shapes/admin.ts';
import { type UnitFactsPage, unitFactsPage } from '../shapes/units.ts';

const MAX_UNITS_BYTES = 4 * 1_024 * 1_024;
const MAX_MEMORY_BYTES = 64 * 1_024 * 1_024;

/**
 * The {@link Peers} port over HTTP: `GET {url}/v1/peer/memory` with the secret of the ledger, over https or
 * loopback only. Rejects with a CallFault.
 */
export function httpPeers({ tls }: Pick<CallerSettings, 'tls'> = {}): Peers {
  const { ask } = openCaller({ kept: true, ...(tls === undefined ? {} : { tls }) });
  const peer = (url: string, path: string, secret: string, limits: Asked) => {
    checkPeerAddress(url);
    const headers = { authorization: `Bearer ${secret}` };
    return ask(`${url.replace(/\/+$/, '')}/v1/peer/${path}`, { headers, ...limits });
  };
  return {
    units: async (url, secret, query, deadlineMs) => {
      const limits = { body: query, deadlineMs, mostBytes: MAX_UNITS_BYTES };
      const { status, text } = await peer(url, 'units', secret, limits);
      const parsed = unitFactsPage.safeParse(status === 200 ? jsonOrNull(text) : null);
      // A reason that this release does not know is shown as text, so it is not checked further.
      if (parsed.success) return parsed.data as UnitFactsPage;
      throw refused(url, status, 'units');
    },
    memory: async (url, secret, deadlineMs) => {
      const limits = { deadlineMs, mostBytes: MAX_MEMORY_BYTES };
      const { status, text } = await peer(url, 'memory', secret, limits);
      if (status !== 200) throw refused(url, status, 'its memory');
      const parsed = memoryView.safeParse(jsonOrNull(text));
      if (parsed.success) return parsed.data;
      throw new CallFault(
        'answer-invalid',
        `the answer of the service at ${url} is not the memory of a service`,
        'Check that the address is the one of a permission service of the same release.',
      );
    },
  };
}

function refused(url: string, status: number, what: string): CallFault {
  return new CallFault(
    'answer-invalid',
    `the service at ${url} answered with status ${status} when asked for ${what}`,
    'Check that it serves the same ledger and runs the same release.',
  );
}

/** Throws a CallFault if the secret of the ledger must not go to this address. Never repeats the address. */
function checkPeerAddress(address: string): void {
  const wrong = wrongWith(address);
  if (wrong === null) return;
  throw new CallFault(
    'address-invalid',
    `the address that the ledger has of it ${wrong}, so it is not asked`,
    'Correct service.url of that service and restart it, or remove it with `watchbill service remove`.',
  );
}

function wrongWith(address: string): string | null {
  const url = URL.parse(address);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return 'is not an https URL';
  if (url.username !== '' || url.password !== '') return 'holds a user or a password';
  if (/[?#]/.test(address)) return 'has a query or a fragment';
  return url.protocol === 'https:' || isLoopback(url.hostname) ? null : 'is http and not of this machine';
}
