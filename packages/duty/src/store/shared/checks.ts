import {
  type CallOptions,
  type Page,
  StoreFault,
  type StoreHealth,
  type StoreMember,
  type Transaction,
} from '../port.ts';

/** Checks that every adapter makes before a call. */

const MAX_PAGE = 1_000;

/** A call or an option that the store does not take. */
export function refused(message: string, remedy: string): StoreFault {
  return new StoreFault('refused', message, remedy);
}

function hasControlCharacter(key: string): boolean {
  for (let index = 0; index < key.length; index++) {
    const unit = key.charCodeAt(index);
    if (unit < 0x20 || (unit >= 0x7f && unit < 0xa0)) return true;
  }
  return false;
}

/** Throws `refused` unless the key is a text that every engine stores as the same bytes. */
export function checkKey(key: string): void {
  if (key === '') throw refused('a key is empty', 'give every record a key of at least one character');
  checkPrefix(key);
}

/** As {@link checkKey}, but the empty prefix is every key's. */
export function checkPrefix(prefix: string): void {
  if (!prefix.isWellFormed() || hasControlCharacter(prefix)) {
    const shown = JSON.stringify(prefix.slice(0, 80));
    throw refused(
      `the key ${shown} has a control character or half a surrogate pair`,
      'use Unicode text without control characters in keys',
    );
  }
}

/** The page's limit. Throws `refused` outside 1 to 1,000, and for an `after` that is not a valid key. */
export function pageLimit(page: Page | undefined): number {
  if (page?.after !== undefined) checkPrefix(page.after);
  const limit = page?.limit ?? MAX_PAGE;
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_PAGE) return limit;
  throw refused(`a page of ${limit} records is out of range`, `ask for 1 to ${MAX_PAGE} records a page`);
}

/** Throws `refused` unless the time is a positive, finite number of milliseconds. */
export function checkTtl(ttlMs: number): void {
  if (Number.isFinite(ttlMs) && ttlMs > 0) return;
  throw refused(
    `a lease time of ${ttlMs} ms is not valid`,
    'ask for a positive number of milliseconds, for example 15000',
  );
}

/**
 * Throws `refused` for a bad key, a key compared twice or written twice in one transaction, and a key written
 * by two transactions of the call.
 */
export function checkTransactions(transactions: readonly Transaction[]): void {
  const written = new Set<string>();
  for (const { compares, writes } of transactions) {
    const compared = new Set<string>();
    for (const { key } of compares) {
      checkKey(key);
      if (compared.has(key)) throw refused(`${key} is compared twice`, 'compare a key once in a transaction');
      compared.add(key);
    }
    for (const { key } of writes) {
      checkKey(key);
      if (written.has(key)) throw refused(`${key} is written twice`, 'write a key once in a call');
      written.add(key);
    }
  }
}

/** Every lease that the call writes with. */
export function leasesOf(transactions: readonly Transaction[]): ReadonlySet<string> {
  const ids = transactions.flatMap(({ writes }) =>
    writes.map((write) => (write.value === null ? undefined : write.lease)),
  );
  return new Set(ids.filter((id) => id !== undefined));
}

/** Throws `closed` for a closed store and `unavailable` if the caller has already given up. */
export function checkOpen(kind: string, closed: boolean, options: CallOptions | undefined): void {
  if (closed) throw closedFault(kind);
  if (options?.signal?.aborted === true) throw abortedFault(kind);
}

export function closedFault(kind: string): StoreFault {
  return new StoreFault('closed', `the ${kind} store is closed`, 'open the store again');
}

export function abortedFault(kind: string): StoreFault {
  return new StoreFault(
    'unavailable',
    `the call to the ${kind} store was aborted; no write was applied`,
    'call again if the answer is still wanted',
  );
}

/** No time is left, and there was no earlier failure. */
export function lateFault(): StoreFault {
  return new StoreFault('unavailable', 'the call had no time left', 'give it more timeoutMs');
}

export function notALease(id: string): StoreFault {
  return refused(`"${id}" is not a lease of this store`, 'use the id that grantLease returned');
}

export function leaseGoneFault(id: string): StoreFault {
  return refused(
    `the lease ${id} has ended; no write of the call was applied`,
    'grant a new lease and write again',
  );
}

/** The health of a cluster that does not answer. */
export function downHealth(detail: string, members: readonly StoreMember[] = []): StoreHealth {
  return { ok: false, detail, members, quorumMargin: 0, term: null };
}
