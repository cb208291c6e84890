import { COORDINATE_DOOR } from './commands/coordinate/door.ts';
import { DUTY_DOORS } from './commands/doors.ts';
import { FLEET_DOOR } from './commands/fleet/door.ts';
import { GUARD_DOORS } from './commands/guard/doors.ts';
import { NOMINATE_DOOR } from './commands/nominate/door.ts';
import type { Door } from './process/door.ts';

/** In the order of `--help`. */
export const DOORS: readonly Door[] = [
  ...DUTY_DOORS,
  {
    group: 'Service',
    usage: 'monitor',
    about: 'print alerts and rules for Prometheus, and write dashboards for Grafana',
    load: async () => (await import('./commands/monitor/command.ts')).fillMonitor,
  },
  ...GUARD_DOORS,
  COORDINATE_DOOR,
  NOMINATE_DOOR,
  FLEET_DOOR,
  {
    group: 'Try it',
    usage: 'demo [options]',
    about: 'run six simulated validators, two of them with the same keys, and count conflicting signatures',
    load: async () => (await import('./demo/command.ts')).fillDemo,
  },
];
