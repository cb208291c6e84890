import type { Compare } from '@watchbill/store';
import { type CoreContext, listTexts } from './context.ts';
import { encodeEpoch } from './epoch.ts';
import type { LedgerIdentity } from './genesis.ts';
import { keys } from './keys.ts';
import { toBytes } from './records.ts';
import { decodeSession } from './session/record.ts';

/**
 * Raises the ledger to format 2 once every live service runs this release. One transaction compares every
 * service and session record, so that no service of the last release can begin beside it: the session record
 * of a stopped service is absent and must stay absent. Tried again at each renewal.
 */
export async function raiseFormat(
  context: CoreContext,
  identity: LedgerIdentity,
  sessionText: string,
): Promise<void> {
  // Taken now: while this service reads the sessions, another may raise the ledger and `identity` follow.
  const { format, epoch, epochText } = identity;
  if (format === 2) return;
  const { store, ledger, log, failpoint } = context.parts;
  const services = await listTexts(context, keys.services);
  const sessions = await listTexts(context, keys.sessions);
  const mine = keys.session(ledger.serviceId);
  for (const [key, text] of sessions) if (key !== mine && decodeSession(text).version === 1) return;
  const next = encodeEpoch({ epoch, format: 2 });
  const compares: Compare[] = [{ key: keys.epoch, value: toBytes(epochText) }];
  for (const [key, text] of services) {
    const session = keys.session(key.slice(keys.services.length));
    const found = session === mine ? sessionText : (sessions.get(session) ?? null);
    compares.push({ key, value: toBytes(text) });
    compares.push({ key: session, value: found === null ? null : toBytes(found) });
  }
  const writes = [{ key: keys.epoch, value: toBytes(next) }];
  await failpoint?.('before-raise');
  const [result] = await store.transact([{ compares, writes }], {
    timeoutMs: context.options.storeTimeoutMs,
  });
  if (result?.outcome !== 'applied') return;
  await failpoint?.('after-raise');
  identity.follow(next);
  log.info({ event: 'format-raised', format: 2 }, 'every service runs this release: the ledger has format 2');
}
