import type { Command } from 'commander';
import type { Context } from './context.ts';

/** Gives a command its options, its subcommands and its action. */
export type Fill = (command: Command, context: Context) => void;

/** A command of the first level: its lines in `watchbill --help`, and a loader for the rest of it. */
export interface Door {
  /** The heading in `--help`. */
  readonly group: 'Service' | 'Other capabilities' | 'Try it' | 'Shell';
  /** The words to type, as `--help` lists them. The first is the name. */
  readonly usage: string;
  readonly about: string;
  /** Loads a command when it is run or its help is printed, so that the other commands are never loaded. */
  readonly load: () => Promise<Fill>;
}
