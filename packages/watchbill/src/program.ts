import type { Context } from '@watchbill/kit/command/context';
import { type Command, wholeProgram } from '@watchbill/kit/command/root';
import { DOORS } from './doors.ts';

const FILLS = await Promise.all(DOORS.map(({ load }) => load()));

/**
 * The whole command tree, for its reference and for tests. No command runs until it parses a command line.
 */
export function buildProgram(context: Context): Command {
  return wholeProgram(DOORS, context, FILLS);
}
