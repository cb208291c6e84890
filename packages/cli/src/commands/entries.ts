import type { Command } from 'commander';
import type { Context } from '../process/context.ts';
import { addOn } from './add-on.ts';

/** Gives a command its options, its subcommands and its action. */
export type Fill = (command: Command, context: Context) => void;

/** A command of the first level: its lines in `watchbill --help`, and a loader for the rest of it. */
export interface Entry {
  /** The heading in `--help`. */
  readonly group: 'Service' | 'Other capabilities' | 'Try it';
  /** The words to type, as `--help` lists them. The first is the name. */
  readonly usage: string;
  readonly about: string;
  /** Loads a command when it is run or its help is printed, so that the other commands are never loaded. */
  readonly load: () => Promise<Fill>;
}

/** In the order of `--help`. */
export const ENTRIES: readonly Entry[] = [
  {
    group: 'Service',
    usage: 'init [options]',
    about: 'create a configuration, a data folder, an operator token and, with --tls, certificates',
    load: async () => (await import('./init/command.ts')).fillInit,
  },
  {
    group: 'Service',
    usage: 'serve [options]',
    about: 'run the permission service until SIGTERM or Ctrl-C',
    load: async () => (await import('./serve/command.ts')).fillServe,
  },
  {
    group: 'Service',
    usage: 'claim [options]',
    about: 'claim one slot or vote, with the token of a node; a granted unit is used up',
    load: async () => (await import('./claim/command.ts')).fillClaim,
  },
  {
    group: 'Service',
    usage: 'observe [options]',
    about: 'report the chain heights that a node sees to the service, until SIGTERM or Ctrl-C',
    load: async () => (await import('./observe/command.ts')).fillObserve,
  },
  {
    group: 'Service',
    usage: 'status [options]',
    about: 'show the service, its store, and for each key the active node and its last grant',
    load: async () => (await import('./status/command.ts')).fillStatus,
  },
  {
    group: 'Service',
    usage: 'units [options]',
    about: 'list the slots and votes of a key, and why each missed one was missed',
    load: async () => (await import('./units/command.ts')).fillUnits,
  },
  {
    group: 'Service',
    usage: 'top [options]',
    about: 'follow the keys, their last units and denials in a terminal: the console of the service',
    load: async () => (await import('./top/command.ts')).fillTop,
  },
  {
    group: 'Service',
    usage: 'handover [options]',
    about: 'check whether another node could become active now; with --execute, make it the active one',
    load: async () => (await import('./handover/command.ts')).fillHandover,
  },
  {
    group: 'Service',
    usage: 'policy',
    about: 'show and change which nodes may sign for which keys',
    load: async () => (await import('./policy/command.ts')).fillPolicy,
  },
  {
    group: 'Service',
    usage: 'adopt [options]',
    about: 'import a key: set floors (low watermarks) above everything that it may have signed',
    load: async () => (await import('./adopt/command.ts')).fillAdopt,
  },
  {
    group: 'Service',
    usage: 'freeze [options] <reason>',
    about: 'stop every new grant of a key or of all keys, at every service, until a person lifts that',
    load: async () => (await import('./freeze/command.ts')).fillFreeze,
  },
  {
    group: 'Service',
    usage: 'service',
    about: 'list, approve and remove the services of this ledger',
    load: async () => (await import('./service/command.ts')).fillService,
  },
  {
    group: 'Service',
    usage: 'rollback-report',
    about: 'list and release reports of nodes whose last ledger entry the store does not have',
    load: async () => (await import('./rollback-report/command.ts')).fillRollbackReport,
  },
  {
    group: 'Service',
    usage: 'ledger',
    about: 'show, export and verify the grants of the services, and import their floors',
    load: async () => (await import('./ledger/command.ts')).fillLedger,
  },
  {
    group: 'Service',
    usage: 'recover [options]',
    about: 'recover after a disaster: find out what happened, choose safe floors, start a new epoch',
    load: async () => (await import('./recover/command.ts')).fillRecover,
  },
  {
    group: 'Service',
    usage: 'monitor',
    about: 'print alerts and rules for Prometheus, and write dashboards for Grafana',
    load: async () => (await import('./monitor/command.ts')).fillMonitor,
  },
  {
    group: 'Service',
    usage: 'token',
    about: 'create, revoke and list tokens',
    load: async () => (await import('./token/command.ts')).fillToken,
  },
  {
    group: 'Service',
    usage: 'config',
    about: 'check, print and describe the configuration',
    load: async () => (await import('./config/command.ts')).fillConfig,
  },
  {
    group: 'Other capabilities',
    usage: 'doctor [options]',
    about: 'look for causes of double signatures and missed duties; it reads only, and ranks its findings',
    load: async () => (await import('./doctor/command.ts')).fillDoctor,
  },
  {
    group: 'Other capabilities',
    usage: 'guard',
    about: 'run a stock node, and place its session keys only while that is safe',
    load: async () => (await import('./guard/command.ts')).fillGuard,
  },
  {
    group: 'Other capabilities',
    usage: 'coordinate',
    about: 'agree on one action per window of blocks, as a group with a leader picked by the chain',
    load: addOn('coordinate', async () => {
      const { fillCoordinate: fill, version } = await import('./coordinate/command.ts');
      return { fill, version };
    }),
  },
  {
    group: 'Other capabilities',
    usage: 'nominate',
    about: 'choose validators to nominate by public rules; anyone can reproduce each decision',
    load: addOn('nominate', async () => {
      const { fillNominate: fill, version } = await import('./nominate/command.ts');
      return { fill, version };
    }),
  },
  {
    group: 'Other capabilities',
    usage: 'fleet',
    about: 'run a network of nodes from one file: plan each change with its risks, then apply it',
    load: addOn('fleet', async () => {
      const { fillFleet: fill, version } = await import('./fleet/command.ts');
      return { fill, version };
    }),
  },
  {
    group: 'Try it',
    usage: 'demo [options]',
    about: 'run six simulated validators, two of them with the same keys, and count conflicting signatures',
    load: async () => (await import('../demo/command.ts')).fillDemo,
  },
];
