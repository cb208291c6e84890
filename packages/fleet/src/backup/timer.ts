import { quoted } from '../emit/machine/unit.ts';

export interface TimerInput {
  readonly network: string;
  readonly node: string;
  /** As systemd.time has it. */
  readonly schedule: string;
  /** The command with its arguments: first a backup, then what removes old ones. */
  readonly commands: readonly (readonly string[])[];
  /** Folder in which they run. */
  readonly folder: string;
}

/** Name of the two units, without their ends. */
export function timerName({ network, node }: Pick<TimerInput, 'network' | 'node'>): string {
  return `watchbill-backup-${network}-${node}`;
}

/**
 * A service that makes one backup, and a timer for it. A run that failed is tried again, since it goes on where it was; after some
 * failures it is left to the next time, and to the alert on the age of the backup.
 */
export function timerUnits(input: TimerInput): Readonly<Record<string, string>> {
  const name = timerName(input);
  const service = [
    '[Unit]',
    `Description=${input.network}: backup of ${input.node}`,
    'Wants=network-online.target',
    'After=network-online.target',
    'StartLimitIntervalSec=6h',
    'StartLimitBurst=4',
    '',
    '[Service]',
    'Type=oneshot',
    `WorkingDirectory=${input.folder}`,
    ...input.commands.map((words) => `ExecStart=${quoted(words)}`),
    'Restart=on-failure',
    'RestartSec=10min',
    // It starts the node again before it ends; it is given the time to.
    'TimeoutStopSec=15min',
    'KillMode=mixed',
    'Nice=10',
    '',
  ];
  const timer = [
    '[Unit]',
    `Description=${input.network}: when ${input.node} is backed up`,
    '',
    '[Timer]',
    `OnCalendar=${input.schedule}`,
    'Persistent=true',
    'RandomizedDelaySec=5min',
    '',
    '[Install]',
    'WantedBy=timers.target',
    '',
  ];
  return { [`${name}.service`]: service.join('\n'), [`${name}.timer`]: timer.join('\n') };
}
