import { dirname, join, resolve } from 'node:path';
import { readAddress } from '@watchbill/chain/address';
import { usageFault } from '@watchbill/kit';
import { readDocument } from '@watchbill/kit/command/document';
import type { Io } from '@watchbill/kit/command/io';
import { z } from 'zod';
import type { Place } from './places.ts';

const path = z.string().min(1);
const entry = z.strictObject({
  validator: path
    .refine((text) => readAddress(text) !== null, 'expected an SS58 address')
    .describe('Stash whose session keys on chain the sealed keys have to match.'),
  sealed: path.describe('Folder of the sealed keys of this validator.'),
  identity: path.describe('The age identity that opens them.'),
  pair: path.describe('Pair file of this machine and the machine of the validator.'),
});
const shape = z.strictObject({ validators: z.array(entry).min(1).max(32) });

/**
 * The validators that a spare can stand in for, each with folders below `runtime` and `state` that have its
 * address as their name. Throws a usage fault that lists everything that is wrong.
 */
export function readSpareFile(
  io: Io,
  name: string,
  roots: Pick<Place, 'runtime' | 'state'>,
): readonly Place[] {
  const remedy = 'write one; `watchbill docs guard-spare` shows a whole file';
  const { value, file } = readDocument(io, name, shape, {
    missing: remedy,
    page: 'guard-spare',
  });
  const beside = (part: string): string => resolve(dirname(file), part);
  const places = value.validators.map(({ validator, sealed, identity, pair }): Place => {
    const below = { runtime: join(roots.runtime, validator), state: join(roots.state, validator) };
    return { validator, ...below, sealed: beside(sealed), identity: beside(identity), pair: beside(pair) };
  });
  for (const part of ['validator', 'sealed', 'pair'] as const) {
    const twice = places.find((one, at) => places.findIndex((other) => other[part] === one[part]) !== at);
    if (twice !== undefined)
      throw usageFault(`two validators have one ${part}: ${twice[part]}`, 'give each its own', file);
  }
  return places;
}
