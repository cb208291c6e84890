import { isLoopback } from '@watchbill/kit';
import { CallFault } from '@watchbill/kit/call';

/** Throws a CallFault if the secret of the ledger must not go to this address. Never repeats the address. */
export function checkPeerAddress(address: string): void {
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
