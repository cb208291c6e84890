// The shapes of answers. Own code in place of zod: a guard reads a handful of answers for months, and zod
// would be 19 of its 80 MB.

import { isList, isRecord, type Json } from '@watchbill/kit';
import { NodeFault } from '../rpc/fault.ts';

/** Whether a value of JSON has a shape. */
export type Shape<Value> = (value: unknown) => value is Value;
type Fields<Of> = { readonly [Name in keyof Of]: Shape<Of[Name]> };

export const anything: Shape<unknown> = (_value): _value is unknown => true;
export const flag: Shape<boolean> = (value) => typeof value === 'boolean';
export const text: Shape<string> = (value) => typeof value === 'string';
/** A hash as RPC sends it. */
export const hash = matching(/^0x[0-9a-f]{64}$/);
/** A whole number that JSON carries without loss. */
export const count: Shape<number> = (value): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

export function matching(pattern: RegExp): Shape<string> {
  return (value): value is string => typeof value === 'string' && pattern.test(value);
}

export function orNull<Value>(shape: Shape<Value>): Shape<Value | null> {
  return (value): value is Value | null => value === null || shape(value);
}

export function listOf<Value>(shape: Shape<Value>): Shape<readonly Value[]> {
  return (value): value is readonly Value[] => isList(value as Json) && (value as Json[]).every(shape);
}

export function pairOf<One, Other>(one: Shape<One>, other: Shape<Other>): Shape<readonly [One, Other]> {
  return (value): value is readonly [One, Other] =>
    listOf(anything)(value) && value.length === 2 && one(value[0]) && other(value[1]);
}

export function recordOf<Value>(shape: Shape<Value>): Shape<Readonly<Record<string, Value>>> {
  return (value): value is Record<string, Value> =>
    isRecord(value as Json) && Object.values(value as object).every(shape);
}

/** A record with these fields, and maybe others. */
export function fields<Of>(shapes: Fields<Of>): Shape<Of> {
  return (value): value is Of =>
    isRecord(value as Json) &&
    Object.entries<Shape<unknown>>(shapes).every(([name, shape]) =>
      shape((value as Record<string, Json>)[name]),
    );
}

/** A value of a node in its shape. `what` names it in the text of the fault. Throws `malformed`. */
export function shaped<Value>(shape: Shape<Value>, value: unknown, what: string): Value {
  if (shape(value)) return value;
  throw new NodeFault('malformed', `the node sent ${what} that cannot be read`);
}
