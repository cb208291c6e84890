import { quoted, SERVICE_HARDENING } from '@watchbill/kit/systemd';

/** A file that root keeps, the credential of a unit, and the flag that gets its place: `%d` is its folder. */
export interface Credential {
  readonly flag: string;
  readonly file: string;
  readonly name: string;
}

export const USER = 'watchbill';

/** A unit that runs as {@link USER}. */
export function ownUnit(
  about: string,
  command: readonly string[],
  credentials: readonly Credential[],
  more: readonly string[] = [],
): string {
  const files = credentials.flatMap(({ flag, name }) => [flag, `%d/${name}`]);
  const loads = credentials.map(({ name, file }) => `LoadCredential=${name}:${file}`);
  return unitText({
    about,
    watchdogSeconds: 30,
    user: USER,
    settings: [`Group=${USER}`, ...more, ...new Set(loads)],
    // The words are quoted first: a percent sign of a setting is doubled, this one names the folder.
    start: quoted([...command, ...files]).replaceAll(/"%%d(\/[A-Za-z0-9.-]+)"/g, '%d$1'),
    stopSeconds: 60,
    // A core file would hold the tokens.
    limits: ['LimitCORE=0'],
    hardening: SERVICE_HARDENING,
  });
}

interface Unit {
  readonly about: string;
  readonly watchdogSeconds: number;
  readonly user: string;
  readonly settings: readonly string[];
  readonly start: string;
  readonly stopSeconds: number;
  readonly limits: readonly string[];
  readonly hardening: readonly string[];
}

/** A unit for systemd that starts again whenever it ends, and that the watchdog kills if it hangs. */
export function unitText(unit: Unit): string {
  return [
    '[Unit]',
    `Description=${unit.about}`,
    'Wants=network-online.target',
    'After=network-online.target',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=notify',
    // systemd-notify, which sends the messages, is a child of the program.
    'NotifyAccess=all',
    `WatchdogSec=${unit.watchdogSeconds}`,
    // A program that hangs is killed at once: a grant is on disk before its reply.
    'WatchdogSignal=SIGKILL',
    `User=${unit.user}`,
    ...unit.settings,
    `ExecStart=${unit.start}`,
    'Restart=always',
    'RestartSec=5',
    `TimeoutStopSec=${unit.stopSeconds}`,
    'LimitNOFILE=65536',
    ...unit.limits,
    '',
    '# Hardening',
    ...unit.hardening,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
}
