import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock } from '@watchbill/kit';
import { dutyTable, entryHash, FIRST_PREV, type LedgerEntry } from '../../../rule/index.ts';
import { openLedger } from '../../../service/index.ts';
import { CHAIN, KEY } from '../../testing/fake-ledger.ts';

/** For the tests of these commands: data folders of stopped services, written through the real ledger. */
export const LEDGER_ID = 'ledger-1';

/** A chain of entries of one duty: an adoption with floor 10, then a grant for each unit. */
export function chainOf(duty: 'babe' | 'grandpa', count: number): readonly LedgerEntry[] {
  const entries: LedgerEntry[] = [];
  for (let index = 0; index <= count; index++) {
    const last = entries.at(-1);
    const number = BigInt(10 + index);
    const isAdoption = index === 0;
    entries.push({
      kind: isAdoption ? 'adopt' : 'grant',
      ledger: LEDGER_ID,
      epoch: 'epoch-1',
      chain: CHAIN,
      key: KEY,
      duty,
      seq: BigInt(index + 1),
      prev: last === undefined ? FIRST_PREV : entryHash(last),
      unit: duty === 'grandpa' ? [3n, number] : [number],
      parts: isAdoption ? [] : [duty === 'grandpa' ? 'prevote' : 'seal'],
      digest: isAdoption ? null : 'ab'.repeat(dutyTable().get(duty)?.digestBytes ?? 32),
      owner: isAdoption ? null : { node: 'alpha', incarnation: '01'.repeat(16) },
      term: null,
      nonce: `${index}`,
      service: 'service-1',
      policyVersion: 'v1',
      window: dutyTable().get(duty)?.window ?? 1,
      atMs: 1,
      note: '',
    });
  }
  return entries;
}

/** The mark that the store shows at the end of a chain of one unit for each entry. */
export function markView(entries: readonly LedgerEntry[], floor: string): Record<string, unknown> {
  const last = entries.at(-1);
  if (last === undefined) throw new RangeError('an empty chain has no mark');
  const digest = last.digest === null ? null : `0x${last.digest}`;
  const unit = (last.unit ?? []).join('/');
  return {
    chain: CHAIN,
    key: KEY,
    duty: last.duty,
    head: { epoch: last.epoch, seq: `${last.seq}`, hash: entryHash(last) },
    floor,
    recent: [{ unit, node: 'alpha', incarnation: '01'.repeat(16), parts: [{ part: last.parts[0], digest }] }],
  };
}

/** A data folder with these entries; the end of the test removes it. */
export async function dataFolder(
  t: TestContext,
  entries: readonly LedgerEntry[],
  ledgerId = LEDGER_ID,
): Promise<string> {
  const parent = mkdtempSync(join(tmpdir(), 'watchbill-ledger-'));
  t.after(() => rmSync(parent, { recursive: true, force: true }));
  const dir = join(parent, 'data');
  const random = { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) };
  const ledger = await openLedger({ dir, clock: systemClock({ unref: true }), random });
  await ledger.bind(ledgerId);
  for (let at = 0; at < entries.length; at += 10_000)
    await ledger.append(
      entries.slice(at, at + 10_000).map((entry) => ({ entry, hash: entryHash(entry), decision: null })),
    );
  await ledger.close();
  return dir;
}
