import { randomHex } from '@watchbill/kit';
import { type WordKey, wordKeyOf } from '../../rule/index.ts';
import { PermitFault } from '../contract.ts';
import { type CoreContext, readTexts, transact } from './context.ts';
import { keys } from './keys.ts';
import { compareOf, decodeRecord, encodeRecord, toBytes } from './records.ts';

/** The identity of a ledger: its id, the epoch (changed by a recovery) and the secret its services share. */
export interface LedgerIdentity {
  readonly ledger: string;
  readonly epoch: string;
  /** Text of the epoch record, which every grant compares. */
  readonly epochText: string;
  readonly peerSecret: string;
  /** Signs the words that nodes get, and checks those that they send. */
  readonly wordKey: WordKey;
  /** Epochs that a recovery of this ledger ended, whatever their age. */
  readonly voided: ReadonlySet<string>;
  /** True if this start made the ledger: then an empty memory is complete. */
  readonly created: boolean;
}

const MAX_ATTEMPTS = 5;

/**
 * Read the ledger's identity, or make a ledger in an empty store. A data directory that belongs to a ledger
 * never makes another one: then the store lost everything.
 */
export async function openLedgerIdentity(context: CoreContext): Promise<LedgerIdentity> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const found = await readIdentity(context);
    if (found !== null) return found;
    const bound = context.parts.ledger.ledgerId();
    if (bound !== null)
      throw wrongStore(`the store has no ledger, this data directory belongs to ledger ${bound}`);
    await create(context);
    const made = await readIdentity(context);
    if (made !== null) return made;
  }
  throw new PermitFault(
    'ledger-not-made',
    503,
    'no ledger could be made in the store',
    'Look at the health of the store.',
  );
}

async function readIdentity(context: CoreContext): Promise<LedgerIdentity | null> {
  const { ledger } = context.parts;
  const [ledgerText, epochText, secretText, recoveryText] = await readTexts(context, [
    keys.ledger,
    keys.epoch,
    keys.peerSecret,
    keys.recovery,
  ]);
  if (ledgerText == null) return null;
  if (epochText == null || secretText == null)
    throw wrongStore('the store holds a ledger without its epoch or its secret');
  const id = decodeRecord('ledger', ledgerText).id;
  const bound = ledger.ledgerId();
  if (bound !== null && bound !== id)
    throw wrongStore(`the store holds ledger ${id}, this data directory ledger ${bound}`);
  const [own] = await readTexts(context, [keys.service(ledger.serviceId)]);
  const created = own != null && decodeRecord('service', own).vouchedBy === 'creation' && bound === null;
  if (bound === null) await ledger.bind(id);
  const { secret } = decodeRecord('peerSecret', secretText);
  return {
    epoch: decodeRecord('epoch', epochText).epoch,
    epochText,
    ledger: id,
    peerSecret: secret,
    wordKey: wordKeyOf(secret),
    voided: new Set(recoveryText == null ? [] : decodeRecord('recovery', recoveryText).voided),
    created,
  };
}

async function create(context: CoreContext): Promise<void> {
  const { random, clock, ledger, log } = context.parts;
  const id = randomHex(random, 16);
  const records: [string, string][] = [
    [keys.ledger, encodeRecord('ledger', { id, createdMs: clock.nowMs() })],
    [keys.epoch, encodeRecord('epoch', { epoch: randomHex(random, 16) })],
    [keys.peerSecret, encodeRecord('peerSecret', { secret: randomHex(random, 32) })],
    [
      keys.service(ledger.serviceId),
      encodeRecord('service', {
        name: context.options.name,
        url: context.options.url,
        state: 'serving',
        vouchedBy: 'creation',
        reason: 'made the ledger',
      }),
    ],
  ];
  const writes = records.map(([key, text]) => ({ key, value: toBytes(text) }));
  const { outcome } = await transact(context, { compares: [compareOf(keys.ledger, null)], writes });
  if (outcome !== 'conflict')
    log.info({ event: 'ledger-made', service: ledger.serviceId }, 'an empty store: a ledger was made');
}

function wrongStore(message: string): PermitFault {
  return new PermitFault(
    'store-behind',
    503,
    message,
    'Point the service at the store of its ledger. Never delete the data directory to get past this: it is the memory that protects the key.',
  );
}
