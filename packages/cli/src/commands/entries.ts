import type { Command } from 'commander';
import type { Context } from '../process/context.ts';

/** Gives a command its options, its subcommands and what it does. */
export type Fill = (command: Command, context: Context) => void;

/** A command of the first level: what `watchbill --help` says of it, and where the rest of it stands. */
export interface Entry {
  /** The words to type, as `--help` lists them. The first is the name. */
  readonly usage: string;
  readonly about: string;
  /** Loaded when the command is run or asked for its own help; the others of a command line cost nothing. */
  readonly load: () => Promise<Fill>;
}

/** In the order of `--help`. */
export const ENTRIES: readonly Entry[] = [
  {
    usage: 'init [options]',
    about: 'make a configuration, a data folder, an operator token and, with --tls, certificates',
    load: async () => (await import('./init/command.ts')).fillInit,
  },
  {
    usage: 'serve [options]',
    about: 'run the permission service until SIGTERM or Ctrl-C',
    load: async () => (await import('./serve/command.ts')).fillServe,
  },
  {
    usage: 'claim [options]',
    about: 'make one claim, with the token of a node; a granted unit is used up',
    load: async () => (await import('./claim/command.ts')).fillClaim,
  },
  {
    usage: 'observe [options]',
    about: 'tell the service what a node sees of its chain, until SIGTERM or Ctrl-C',
    load: async () => (await import('./observe/command.ts')).fillObserve,
  },
  {
    usage: 'status [options]',
    about: 'one page: the service, its store, and for each key who is on watch and what was done last',
    load: async () => (await import('./status/command.ts')).fillStatus,
  },
  {
    usage: 'policy',
    about: 'who may sign what: show it, change it',
    load: async () => (await import('./policy/command.ts')).fillPolicy,
  },
  {
    usage: 'adopt [options]',
    about: 'begin to grant for a key: floors above everything that may have been signed',
    load: async () => (await import('./adopt/command.ts')).fillAdopt,
  },
  {
    usage: 'service',
    about: 'the services of this ledger',
    load: async () => (await import('./service/command.ts')).fillService,
  },
  {
    usage: 'rollback-report',
    about: 'entries that nodes remember and the store does not hold: list the reports, release one',
    load: async () => (await import('./rollback-report/command.ts')).fillRollbackReport,
  },
  {
    usage: 'ledger',
    about: 'the evidence of the services: show it, export it, verify it, import its floors',
    load: async () => (await import('./ledger/command.ts')).fillLedger,
  },
  {
    usage: 'recover [options]',
    about: 'the way back after a disaster: what happened, which floors are safe, and then a new epoch',
    load: async () => (await import('./recover/command.ts')).fillRecover,
  },
  {
    usage: 'token',
    about: 'identities: make, revoke and list them',
    load: async () => (await import('./token/command.ts')).fillToken,
  },
  {
    usage: 'config',
    about: 'check, print and describe the configuration',
    load: async () => (await import('./config/command.ts')).fillConfig,
  },
  {
    usage: 'coordinate',
    about: 'operators of a group pick a leader from the chain and agree on one action per window',
    load: async () => (await import('./coordinate/command.ts')).fillCoordinate,
  },
  {
    usage: 'nominate',
    about: 'decide whom to nominate by rules that anybody can read, compute again and have explained',
    load: async () => (await import('./nominate/command.ts')).fillNominate,
  },
  {
    usage: 'fleet',
    about: 'run a network of nodes from one file: see what would change and what it can cost, then change it',
    load: async () => (await import('./fleet/command.ts')).fillFleet,
  },
  {
    usage: 'demo [options]',
    about:
      'Run six validators, of which two are one identity, against a permission service; count what they signed',
    load: async () => (await import('../demo/command.ts')).fillDemo,
  },
];
