import { type Field, readFields, readVarints } from '../wire/reader.ts';
import { numberFromBytes } from '../wire/writer.ts';
import type { ActionName } from './actions.ts';
import type { DepositKey, Proposal } from './proposal.ts';
import { accepted, type Read, refused } from './refusals.ts';

/**
 * The proposal of an action from its payload. A noop has none: whatever is there is ignored, as in keep-core.
 */
export function decodePayload(action: ActionName, payload: Uint8Array): Read<Proposal> {
  if (action === 'noop') return accepted({ action });
  const fields = readFields(payload);
  return fields === null ? refused('payload-malformed') : DECODERS[action](fields);
}

const DECODERS: Readonly<Record<Exclude<ActionName, 'noop'>, (fields: readonly Field[]) => Read<Proposal>>> =
  {
    heartbeat: (fields) => {
      const message = lastBytes(fields, 1);
      return message.length === 16 ? accepted({ action: 'heartbeat', message }) : refused('heartbeat-length');
    },
    'deposit-sweep': depositSweep,
    redemption: (fields) =>
      accepted({
        action: 'redemption',
        redeemerOutputScripts: allBytes(fields, 1),
        redemptionTxFee: amount(fields, 2),
      }),
    'moving-funds': (fields) => {
      const targetWallets = allBytes(fields, 1);
      if (targetWallets.some(({ length }) => length !== 20)) return refused('target-wallet-length');
      return accepted({ action: 'moving-funds', targetWallets, movingFundsTxFee: amount(fields, 2) });
    },
    'moved-funds-sweep': (fields) => {
      const movingFundsTxHash = lastBytes(fields, 1);
      if (movingFundsTxHash.length !== 32) return refused('tx-hash-length');
      return accepted({
        action: 'moved-funds-sweep',
        movingFundsTxHash,
        movingFundsTxOutputIndex: lastUint32(fields, 2),
        sweepTxFee: amount(fields, 3),
      });
    },
  };

function depositSweep(fields: readonly Field[]): Read<Proposal> {
  const parts = allBytes(fields, 1).map(readFields);
  const revealBlocks = repeatedVarints(fields, 3);
  if (parts.includes(null) || revealBlocks === null) return refused('payload-malformed');
  const deposits = parts.map(
    (part): DepositKey => ({
      fundingTxHash: lastBytes(part ?? [], 1),
      fundingOutputIndex: lastUint32(part ?? [], 2),
    }),
  );
  if (deposits.some(({ fundingTxHash }) => fundingTxHash.length !== 32)) return refused('tx-hash-length');
  return accepted({
    action: 'deposit-sweep',
    deposits,
    sweepTxFee: amount(fields, 2),
    revealBlocks: revealBlocks.map((block) => BigInt.asIntN(64, block)),
  });
}

/** All values of a bytes field, copied, so that no message keeps the buffer that it came in. */
export function allBytes(fields: readonly Field[], number: number): readonly Uint8Array[] {
  return fields.flatMap((field) =>
    field.number === number && field.value instanceof Uint8Array ? [Uint8Array.from(field.value)] : [],
  );
}

/** The last value of a bytes field, or none. */
export function lastBytes(fields: readonly Field[], number: number): Uint8Array {
  return allBytes(fields, number).at(-1) ?? new Uint8Array(0);
}

/**
 * The last value of a varint field, or 0. A field of that number with another wire type is an unknown one.
 */
export function lastVarint(fields: readonly Field[], number: number): bigint {
  const found = fields.findLast((field) => field.number === number && typeof field.value === 'bigint');
  return typeof found?.value === 'bigint' ? found.value : 0n;
}

/** As Go reads a uint32: the low half of the value. */
export function lastUint32(fields: readonly Field[], number: number): number {
  return Number(BigInt.asUintN(32, lastVarint(fields, number)));
}

function repeatedVarints(fields: readonly Field[], number: number): readonly bigint[] | null {
  const values: bigint[] = [];
  for (const field of fields) {
    if (field.number !== number) continue;
    if (typeof field.value === 'bigint') values.push(field.value);
    else if (field.value !== null) {
      const packed = readVarints(field.value);
      if (packed === null) return null;
      for (const value of packed) values.push(value);
    }
  }
  return values;
}

function amount(fields: readonly Field[], number: number): bigint {
  return numberFromBytes(lastBytes(fields, number));
}
