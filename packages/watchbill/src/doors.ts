import { COORDINATE_DOOR } from '@watchbill/coordinate/commands/door';
import { DUTY_DOORS } from '@watchbill/duty/commands/doors';
import { FLEET_DOOR } from '@watchbill/fleet/commands/door';
import { GUARD_DOORS } from '@watchbill/guard/commands/doors';
import type { Door } from '@watchbill/kit/command/door';
import { NOMINATE_DOOR } from '@watchbill/nominate/commands/door';

/** In the order of `--help`. */
export const DOORS: readonly Door[] = [
  ...DUTY_DOORS,
  {
    group: 'Service',
    usage: 'monitor',
    about: 'print alerts and rules for Prometheus, and write dashboards for Grafana',
    load: async () => (await import('./monitor/monitor-command.ts')).monitor,
  },
  {
    group: 'Service',
    usage: 'explain [options] <code>',
    about: 'explain a reason, a missed unit, a problem or an alert, without a network',
    load: async () => (await import('./explain/explain-command.ts')).explain,
  },
  {
    group: 'Service',
    usage: 'docs [options] [words]',
    about: 'print a page of the documentation, without a network',
    load: async () => (await import('./docs/docs-command.ts')).docs,
  },
  ...GUARD_DOORS,
  COORDINATE_DOOR,
  NOMINATE_DOOR,
  FLEET_DOOR,
  {
    group: 'Try it',
    usage: 'demo [options]',
    about: 'run six simulated validators, two of them with the same keys, and count conflicting signatures',
    load: async () => (await import('./demo/demo-command.ts')).demo,
  },
  {
    group: 'Shell',
    usage: 'completion <shell>',
    about: 'print the lines that make bash, zsh or fish complete commands, flags and values',
    load: async () => {
      const { completionOf } = await import('@watchbill/kit/command/completion-command');
      const { asking } = await import('./completion/asking.ts');
      return completionOf(DOORS, asking);
    },
  },
  {
    group: 'Shell',
    usage: 'man [options] [command]',
    about: 'print a page for the manual of the system, or write all of them',
    load: async () => (await import('@watchbill/kit/command/man-command')).manOf(DOORS),
  },
];
