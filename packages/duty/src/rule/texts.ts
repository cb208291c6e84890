import { z } from 'zod';

/**
 * Texts that policies, claims and tokens share. Each schema is the one source of validation and
 * documentation.
 */

/** Genesis hash of a chain. */
export const chainText = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/)
  .describe('Genesis hash of the chain: 0x and 64 lower-case hex digits.');

/** Public session key: 32 bytes, or 33 for ecdsa. */
export const keyText = z
  .string()
  .regex(/^0x([0-9a-f]{64}|[0-9a-f]{66})$/)
  .describe('Public session key: 0x and 64 lower-case hex digits, or 66 for an ecdsa key.');

/** A key as a person names it. */
export const keyWords = z
  .string()
  .regex(/^[0-9A-Za-z…][0-9A-Za-z._…-]{0,67}$/)
  .describe(
    'A key of the ledger: its name, its last six digits or more, or all of it; with or without 0x, in upper or lower case; or as a screen shows it, 0xd43593c7…5ac67d.',
  );

/** A chain as a person names it. */
export const chainWords = z
  .string()
  .regex(/^(0[xX])?([0-9A-Fa-f]*…)?[0-9A-Fa-f]{6,64}$/)
  .describe('Genesis hash of the chain, or its last six digits or more.');

/** Name of a node, an observer or a person. */
export const nameText = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/)
  .describe(
    '1 to 63 lower-case letters, digits, dots, dashes and underscores; begins with a letter or digit.',
  );

/** Name of a duty; another check tests whether it exists, because chains may bring their own. */
export const dutyText = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/)
  .describe('Name of a duty, for example `babe` or `grandpa`.');
