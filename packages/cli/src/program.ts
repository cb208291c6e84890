import type { Command } from 'commander';
import { ENTRIES } from './commands/entries.ts';
import type { Context } from './process/context.ts';
import { wholeProgram } from './root.ts';

const FILLS = await Promise.all(ENTRIES.map(({ load }) => load()));

/**
 * The whole command tree, for its reference and for tests. No command runs until it parses a command line.
 */
export function buildProgram(context: Context): Command {
  return wholeProgram(context, FILLS);
}
