import type { Compare, Transaction, Write } from '../../port.ts';

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A compare of a key with a text; null means absence. */
export const is = (key: string, value: string | null): Compare => ({
  key,
  value: value === null ? null : bytes(value),
});

export const put = (key: string, value: string): Write => ({ key, value: bytes(value) });

/** As a grant does it: its own mark, then the records that every grant compares. */
export function grant(mark: string, held: string | null, writes: boolean = true): Transaction {
  return {
    compares: [is('session', 's1'), is(mark, held), is('epoch', 'e1'), is('gone', null)],
    writes: writes ? [put(mark, 'next')] : [],
  };
}
