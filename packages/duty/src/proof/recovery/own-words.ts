import { listTexts, readTexts, transact } from '../../service/ground/context.ts';
import { keys } from '../../service/ground/keys.ts';
import { compareOf, encodeRecord, type RecoveryRecord, toBytes } from '../../service/ground/records.ts';
import { reportKey } from '../../service/rollback-reports/report.ts';
import { RecoveryFault } from './fault.ts';
import { type RecoveryParts, readContextOf } from './recovery-parts.ts';

/** Words per transaction: every store takes this many operations. */
const WORDS_AT_ONCE = 32;

/**
 * Puts words of the own disk that the store lost back into it, held: the adoptions then free their keys like
 * those of any other word. A word that the store has is left as it is.
 */
export async function writeOwnWords(parts: RecoveryParts, record: RecoveryRecord): Promise<void> {
  const { ledger } = parts;
  const stored = await listTexts(readContextOf(parts), keys.doubts);
  const missing = ledger
    .openWords()
    .map(({ id, text }) => ({ key: reportKey(ledger.serviceId, id), text }))
    .filter(({ key }) => !stored.has(key));
  const guard = compareOf(keys.recovery, encodeRecord('recovery', record));
  for (let at = 0; at < missing.length; at += WORDS_AT_ONCE) {
    const now = missing.slice(at, at + WORDS_AT_ONCE);
    const compares = [guard, ...now.map(({ key }) => compareOf(key, null))];
    const writes = now.map(({ key, text }) => ({ key, value: toBytes(text) }));
    if ((await transact(readContextOf(parts), { compares, writes })).outcome === 'applied') continue;
    const found = await readTexts(
      readContextOf(parts),
      now.map(({ key }) => key),
    );
    if (found.every((text, index) => text === now[index]?.text)) continue;
    throw new RecoveryFault(
      'store-unsure',
      'held words of this service were not written to the store',
      'run the same command again: it continues where it stopped',
    );
  }
}
