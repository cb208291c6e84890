import { isRecord, type Json, type JsonRecord } from '@watchbill/base';
import { type Found, type ImportNote, shown, tableOf } from './table.ts';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** A quantity of Kubernetes (`500m`, `2Gi`) as a number; null where it is none. */
export function quantityOf(value: Json): number | null {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(shown(value)) ?? [];
  const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  return digits === '' || factor === undefined ? null : Number(digits) * factor;
}

const GIB = 2 ** 30;
const FIELDS = [
  { kind: 'cpu', name: 'cpu', unit: 1, least: 0.05, most: 512 },
  { kind: 'memory', name: 'memoryGiB', unit: GIB, least: 0.25, most: 4096 },
] as const;

/** Resources as both generations write them: limits, else requests. What is no quantity of its kind is told. */
export function resourcesOf(
  found: Found | undefined,
  tell: (note: ImportNote) => void,
): JsonRecord | undefined {
  if (found === undefined) return undefined;
  const outer = tableOf(found.value, found.path, tell);
  const nested = outer.take('resources');
  const table = nested === undefined ? outer : tableOf(nested.value, nested.path, tell);
  const limits = table.table('limits');
  const requests = table.table('requests');
  const made: Record<string, number> = {};
  for (const { kind, name, unit, least, most } of FIELDS) {
    const given = [
      limits?.take(kind),
      table.take(`limit_${kind}`),
      requests?.take(kind),
      table.take(`request_${kind}`),
    ];
    const [first, ...others] = given.filter((one) => one !== undefined);
    if (first === undefined) continue;
    const amount = quantityOf(first.value);
    const value = amount === null ? null : Math.round((amount / unit) * 1000) / 1000;
    if (value === null || value < least || value > most)
      tell({
        path: first.path,
        kind: 'left-out',
        what: `left out: ${shown(first.value)} is no amount of ${kind} for a node`,
        remedy: `write ${name} under resources, ${least} to ${most}`,
      });
    else made[name] = value;
    for (const { path } of others)
      tell({ path, kind: 'left-out', what: 'left out: the limit is taken', remedy: 'nothing is to be done' });
  }
  for (const one of [limits, requests, table, ...(nested === undefined ? [] : [outer])]) one?.finish({});
  return isRecord(made) && Object.keys(made).length > 0 ? made : undefined;
}
