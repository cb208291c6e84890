import { memberOf, type Plain, ShapeFault, variantOf } from '@watchbill/chain/reading';

/**
 * The text of an identity field. A hash or an empty field gives the empty text; invalid UTF-8 gives
 * replacement characters.
 */
export function dataText(data: Plain): string {
  const type = variantOf(data);
  const raw = /^Raw(?<length>\d+)$/.exec(type)?.groups?.length;
  if (raw === undefined) return '';
  const value = memberOf(data, 'value');
  return Buffer.from(rawHex(value, Number(raw)), 'hex').toString('utf8');
}

/** Bytes are hex; a single byte may be a number, and no bytes may be undefined. */
function rawHex(value: Plain, length: number): string {
  if (length === 0) return '';
  if (typeof value === 'number') return value.toString(16).padStart(2, '0');
  if (typeof value !== 'string' || !/^0x(?:[0-9a-f]{2})*$/.test(value))
    throw new ShapeFault('a text is not bytes');
  return value.slice(2);
}
