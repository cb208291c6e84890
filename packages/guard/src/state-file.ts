import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, jsonOrNull } from '@watchbill/kit';
import { replaceFileSync } from '@watchbill/kit/files';
import { GuardFault } from './fault.ts';

/**
 * One value in a file of JSON. `parse` answers null for a value that is damaged; then `damaged` gives the
 * value, or throws.
 */
export function stateFile<Value>(
  [folder, name]: readonly [folder: string, name: string],
  parse: (value: unknown) => Value | null,
  damaged: (path: string) => Value,
) {
  const path = join(folder, name);
  return {
    path,
    /** Null without a file. Throws if there may be one that cannot be read. */
    read: (): Value | null => {
      const text = textOrNull(path);
      return text === null ? null : (parse(jsonOrNull(text)) ?? damaged(path));
    },
    /** Returns when the value survives a power cut. */
    write: (value: Value): void => replaceFileSync({ path, text: `${canonicalJson(value)}\n`, mode: 0o600 }),
    remove: (): void => rmSync(path, { force: true }),
  };
}

/** For a file that a person has to look at. */
export const damagedFile =
  (what: string, remedy: string) =>
  (path: string): never => {
    throw new GuardFault('state', `${path} ${what}`, remedy);
  };

function textOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The members of a record; none of another value. Own code in place of zod: a guard runs for months. */
export const membersOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

/** A whole number as decimal text: JSON has none of this size. Null for any other value. */
export function wholeOf(value: unknown): bigint | null {
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? BigInt(value) : null;
}

/** These members as whole numbers; null if one is none. */
export function wholesOf<Name extends string>(
  value: unknown,
  names: readonly Name[],
): Readonly<Record<Name, bigint>> | null {
  const found = names.map((name) => [name, wholeOf(membersOf(value)[name])] as const);
  const isWhole = found.every(([, number]) => number !== null);
  return isWhole ? (Object.fromEntries(found) as Record<Name, bigint>) : null;
}
