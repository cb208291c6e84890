import { quoted } from '@watchbill/kit/systemd';

/** Commands that run by themselves. */
interface Repeated {
  /** As systemd.time has it. */
  readonly schedule: string;
  /** Commands with their arguments, one after the other. */
  readonly commands: readonly (readonly string[])[];
  /** Folder in which they run. */
  readonly folder: string;
}

export interface TimerInput extends Repeated {
  readonly network: string;
  readonly node: string;
}

export type GrowthTimerInput = Repeated & { readonly network: string };

/** Name of the two units, without their ends. */
export function timerName({ network, node }: Pick<TimerInput, 'network' | 'node'>): string {
  return `watchbill-backup-${network}-${node}`;
}

/**
 * A service that makes one backup and then removes old ones, and its timer. A failed run is tried again, and
 * continues at its step; after some failures it waits for the next time, and the alert on the age of the
 * backup fires.
 */
export function timerUnits(input: TimerInput): Readonly<Record<string, string>> {
  const { network, node } = input;
  return units(input, {
    name: timerName(input),
    what: `${network}: backup of ${node}`,
    when: `${network}: when ${node} is backed up`,
    limit: ['StartLimitIntervalSec=6h', 'StartLimitBurst=4'],
    again: ['Restart=on-failure', 'RestartSec=10min'],
    // It starts the node again before it ends, so it gets the time for that.
    stopMinutes: 15,
  });
}

/**
 * A service that lets volumes grow, and its timer. If the use of a volume is unknown the run fails, and the
 * timer starts it again soon. systemd never refuses a start because of earlier failures.
 */
export function growthTimerUnits(input: GrowthTimerInput): Readonly<Record<string, string>> {
  const { network } = input;
  return units(input, {
    name: `watchbill-growth-${network}`,
    what: `${network}: volumes that are full grow`,
    when: `${network}: when volumes are looked at`,
    limit: ['StartLimitIntervalSec=0'],
    again: [],
    stopMinutes: 2,
  });
}

interface Texts {
  readonly name: string;
  readonly what: string;
  readonly when: string;
  /** How often systemd starts it at most. */
  readonly limit: readonly string[];
  /** Settings for repeating a failed run. */
  readonly again: readonly string[];
  readonly stopMinutes: number;
}

function units(
  { schedule, commands, folder }: Repeated,
  { name, what, when, limit, again, stopMinutes }: Texts,
): Readonly<Record<string, string>> {
  const service = [
    '[Unit]',
    `Description=${what}`,
    'Wants=network-online.target',
    'After=network-online.target',
    ...limit,
    '',
    '[Service]',
    'Type=oneshot',
    `WorkingDirectory=${folder}`,
    ...commands.map((words) => `ExecStart=${quoted(words)}`),
    ...again,
    `TimeoutStopSec=${stopMinutes}min`,
    'KillMode=mixed',
    'Nice=10',
    '',
  ];
  const timer = [
    '[Unit]',
    `Description=${when}`,
    '',
    '[Timer]',
    `OnCalendar=${schedule}`,
    'Persistent=true',
    'RandomizedDelaySec=5min',
    '',
    '[Install]',
    'WantedBy=timers.target',
    '',
  ];
  return { [`${name}.service`]: service.join('\n'), [`${name}.timer`]: timer.join('\n') };
}
