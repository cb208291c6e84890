import { BITS, type IpAddress, readIp } from '../address/ip.ts';
import { shown } from '../candidates/finding.ts';
import { countryCode, type FoundPlace, NETWORK_KINDS, named, placeText, systemNumber } from './port.ts';

/** One line of a table. */
export interface TableRow {
  readonly family: 4 | 6;
  readonly from: bigint;
  readonly to: bigint;
  readonly place: FoundPlace;
}

/** A row, an ignored line, or a problem with its remedy. */
export type RowRead =
  | { readonly row: TableRow | null }
  | { readonly message: string; readonly remedy: string };

export const COLUMNS = ['network', 'country', 'asn', 'provider', 'region', 'city', 'kind'] as const;
export type Column = (typeof COLUMNS)[number];

/** A line of CSV: `network` in CIDR form; the other fields may be empty. */
export function readCsvRow(
  fields: readonly string[],
  columns: readonly Column[],
  placeOf: PlaceReader,
): RowRead {
  if (fields.length > columns.length)
    return wrong(
      `${fields.length} fields`,
      `write at most ${columns.length}, and texts with commas in double quotes`,
    );
  const of = (column: Column): string => (fields[columns.indexOf(column)] ?? '').trim();
  const network = readNetwork(of('network'));
  if ('message' in network) return network;
  const place = placeOf(of);
  return 'message' in place ? place : { row: { ...network, place } };
}

/**
 * A line in the format of iptoasn.com: first and last address, number of the system, country, description;
 * separated by tabs.
 */
export function readRangeRow(fields: readonly string[], placeOf: PlaceReader): RowRead {
  const [first = '', last = '', asn = '', country = '', description = ''] = fields;
  if (fields.length !== 5)
    return wrong(
      `${fields.length} fields between tabs`,
      'a table of ranges has 5: first, last, asn, country, description',
    );
  const [from, to] = [readIp(first), readIp(last)];
  if (from === null || to === null || from.family !== to.family || from.value > to.value)
    return wrong(
      `${shown(first)} to ${shown(last)} is not a range`,
      'write the first and the last address of it',
    );
  // A range that is not announced has no place.
  if (asn === '0') return { row: null };
  const texts: Partial<Record<Column, string>> = { asn, provider: description };
  if (!/^(none|unknown)$/i.test(country)) texts.country = country;
  const place = placeOf((column) => texts[column] ?? '');
  return 'message' in place ? place : { row: { family: from.family, from: from.value, to: to.value, place } };
}

type PlaceRead = FoundPlace | { readonly message: string; readonly remedy: string };
export type PlaceReader = (of: (column: Column) => string) => PlaceRead;

/** Tables repeat few places many times, so each is parsed once and shared. */
export function placeReader(): PlaceReader {
  const places = new Map<string, PlaceRead>();
  return (of) => {
    const key = COLUMNS.map((column) => (column === 'network' ? '' : of(column))).join('\n');
    const known = places.get(key);
    if (known !== undefined) return known;
    const read = readPlace(of);
    const place = 'message' in read ? read : named(read);
    places.set(key, place);
    return place;
  };
}

function readNetwork(
  text: string,
): Omit<TableRow, 'place'> | { readonly message: string; readonly remedy: string } {
  const [address = '', prefix, more] = text.split('/');
  const ip = readIp(address);
  const bits = ip === null ? 0 : Number(BITS[ip.family]);
  const length = prefix === undefined ? bits : /^[0-9]{1,3}$/.test(prefix) ? Number(prefix) : -1;
  if (ip === null || more !== undefined || length < 0 || length > bits)
    return wrong(`${shown(text)} is not a network`, 'write it as 203.0.113.0/24 or 2001:db8::/32');
  const host = (1n << BigInt(bits - length)) - 1n;
  if ((ip.value & host) !== 0n)
    return wrong(`${shown(text)} has bits set after its prefix`, beginsAt(ip, host, length));
  return { family: ip.family, from: ip.value, to: ip.value | host };
}

function beginsAt({ family, value }: IpAddress, host: bigint, length: number): string {
  if (family === 6) return `clear them, or write a prefix that is longer than ${length}`;
  const start = value & ~host;
  return `write ${[24n, 16n, 8n, 0n].map((shift) => (start >> shift) & 0xffn).join('.')}/${length}`;
}

function readPlace(of: (column: Column) => string): PlaceRead {
  const country = countryCode.safeParse(of('country'));
  if (!country.success)
    return wrong(
      `${shown(of('country'))} is not a country code`,
      'write its two letters, for example DE, or leave it empty',
    );
  const number = of('asn').replace(/^AS(?=[0-9])/i, '');
  const asn =
    number === '' ? undefined : systemNumber.safeParse(/^[0-9]+$/.test(number) ? Number(number) : null);
  if (asn?.success === false)
    return wrong(
      `${shown(of('asn'))} is not the number of a system`,
      'write 64496 or AS64496, or leave it empty',
    );
  const kind = NETWORK_KINDS.find((one) => one === of('kind').toLowerCase());
  if (kind === undefined && of('kind') !== '')
    return wrong(
      `${shown(of('kind'))} is not a kind of network`,
      `write one of ${NETWORK_KINDS.join(', ')}, or leave it empty`,
    );
  const texts: Partial<Record<'region' | 'city' | 'provider', string>> = {};
  for (const column of ['region', 'city', 'provider'] as const) {
    const read = placeText.safeParse(of(column));
    if (!read.success)
      return wrong(
        `the ${column} is too long, or has invisible characters`,
        'write plain text of at most 128 characters',
      );
    texts[column] = read.data;
  }
  const { region = '', city = '', provider = '' } = texts;
  return {
    ...{ country: country.data, region, city, provider },
    ...(asn === undefined ? {} : { asn: asn.data }),
    ...(kind === undefined ? {} : { kind }),
  };
}

function wrong(message: string, remedy: string): { readonly message: string; readonly remedy: string } {
  return { message, remedy };
}

/** The fields of a line of CSV (RFC 4180, within one line); null if a quote is not closed. */
export function csvFields(line: string): readonly string[] | null {
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (let at = 0; at <= line.length; at = field.lastIndex) {
    field.lastIndex = at;
    const found = field.exec(line);
    if (found === null) return null;
    fields.push(found[1] === undefined ? (found[2] ?? '') : found[1].replaceAll('""', '"'));
    if (found[3] === '') return fields;
  }
  return fields;
}
