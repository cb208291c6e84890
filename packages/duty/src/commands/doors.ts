import type { Door } from '@watchbill/kit/command/door';

const DOORS: readonly Omit<Door, 'group'>[] = [
  {
    usage: 'init [options]',
    about: 'create a configuration, a data folder, an operator token and, with --tls, certificates',
    load: async () => (await import('./init/init-command.ts')).init,
  },
  {
    usage: 'serve [options]',
    about: 'run the permission service until SIGTERM or Ctrl-C',
    load: async () => (await import('./serve/serve-command.ts')).serve,
  },
  {
    usage: 'claim [options]',
    about: 'claim one slot or vote, with the token of a node; a granted unit is used up',
    load: async () => (await import('./claim/claim-command.ts')).claim,
  },
  {
    usage: 'observe [options]',
    about: 'report the chain heights that a node sees to the service, until SIGTERM or Ctrl-C',
    load: async () => (await import('./observe/observe-command.ts')).observe,
  },
  {
    usage: 'status [options]',
    about: 'show the service, its store, and for each key the active node and its last grant',
    load: async () => (await import('./status/status-command.ts')).status,
  },
  {
    usage: 'units [options]',
    about: 'list the slots and votes of a key, and why each missed one was missed',
    load: async () => (await import('./units/units-command.ts')).units,
  },
  {
    usage: 'top [options]',
    about: 'follow the keys, their last units and denials in a terminal: the console of the service',
    load: async () => (await import('./top/top-command.ts')).top,
  },
  {
    usage: 'handover [options]',
    about: 'check whether another node could become active now; with --execute, make it the active one',
    load: async () => (await import('./handover/handover-command.ts')).handover,
  },
  {
    usage: 'policy',
    about: 'show and change which nodes may sign for which keys',
    load: async () => (await import('./policy/policy-command.ts')).policy,
  },
  {
    usage: 'adopt [options]',
    about: 'import a key: set floors (low watermarks) above everything that it may have signed',
    load: async () => (await import('./adopt/adopt-command.ts')).adopt,
  },
  {
    usage: 'freeze [options] <reason>',
    about: 'stop every new grant of a key or of all keys, at every service, until a person lifts that',
    load: async () => (await import('./freeze/freeze-command.ts')).freeze,
  },
  {
    usage: 'service',
    about: 'list, approve and remove the services of this ledger',
    load: async () => (await import('./service/service-command.ts')).service,
  },
  {
    usage: 'rollback-report',
    about: 'list and release reports of nodes whose last ledger entry the store does not have',
    load: async () => (await import('./rollback-report/rollback-report-command.ts')).rollbackReport,
  },
  {
    usage: 'ledger',
    about: 'show, export and verify the grants of the services, and import their floors',
    load: async () => (await import('./ledger/ledger-command.ts')).ledger,
  },
  {
    usage: 'recover [options]',
    about: 'recover after a disaster: find out what happened, choose safe floors, start a new epoch',
    load: async () => (await import('./recover/recover-command.ts')).recover,
  },
  {
    usage: 'token',
    about: 'create, revoke and list tokens',
    load: async () => (await import('./token/token-command.ts')).token,
  },
  {
    usage: 'context',
    about: 'name services, and choose the one that commands ask',
    load: async () => (await import('./context/context-command.ts')).context,
  },
  {
    usage: 'config',
    about: 'check, print and describe the configuration',
    load: async () => (await import('./config/config-command.ts')).config,
  },
  {
    usage: 'support-bundle [options]',
    about: 'write one file with versions, configuration, status and the log of a day, without secrets',
    load: async () => (await import('./support-bundle/support-bundle-command.ts')).supportBundle,
  },
];

/** The commands of the permission service, in the order of `--help`. */
export const DUTY_DOORS: readonly Door[] = DOORS.map((door) => ({ group: 'Service', ...door }));
