import { accountOfText } from '@watchbill/chain/extrinsics';
import { z } from 'zod';

/** Fields that several actions have. */
export const hex = (bytes: number) =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-f]{${2 * bytes}}$`), `must be 0x and ${2 * bytes} lowercase hex digits`);

export const accountText = z
  .string()
  .refine((text) => accountOfText(text) !== null, 'must be an SS58 address, or 0x and 64 hex digits');

export const filePath = z.string().min(1, 'must be the path of a file');

/** A program and its arguments; no shell reads them. */
export const command = z
  .array(z.string(), 'must be a list: the program and its arguments')
  .min(1, 'must name a program');

export const u32 = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
