import type { PlannedFile } from '@watchbill/kit/command/planned-files';
import { quoted, SERVICE_HARDENING } from '@watchbill/kit/systemd';

/** A file that root keeps, the credential of a unit, and the flag that gets its place: `%d` is its folder. */
export interface Credential {
  readonly flag: string;
  readonly file: string;
  readonly name: string;
}

/** The places of the units on a machine. */
export interface UnitPlaces {
  /** Absolute path of `watchbill.yaml`. */
  readonly config: string;
  /** Absolute; below `/var/lib`. */
  readonly data: string;
  /** Starts the command, for example `['/usr/bin/node', '/usr/bin/watchbill']`. */
  readonly program: readonly string[];
  /** Files of the service that only root may read. */
  readonly credentials: readonly Credential[];
  /** RPC of the node that the observer reads, for example `ws://127.0.0.1:9944`. */
  readonly observed: string;
  /** Its token, and the authority of the service's certificate. */
  readonly observerCredentials: readonly Credential[];
  /** Address of the service for the observer. */
  readonly url: string;
}

const USER = 'watchbill';
export const SERVICE_UNIT = 'watchbill.service';
export const OBSERVER_UNIT = 'watchbill-observer.service';

/** The units of the service and of the observer, and their user. Paths are absolute. */
export function unitFiles(places: UnitPlaces): readonly PlannedFile[] {
  const { config, credentials, program, observed, observerCredentials, url } = places;
  const service = unitText({
    about: 'Watchbill permission service',
    command: [...program, 'serve', '--config', config],
    credentials,
    more: [`StateDirectory=${places.data.slice('/var/lib/'.length)}`, 'StateDirectoryMode=0700'],
  });
  const observer = unitText({
    about: 'Watchbill observer',
    command: [...program, 'observe', '--node', observed, '--url', url],
    credentials: observerCredentials,
    more: [],
  });
  const file = (path: string, text: string): PlannedFile => ({ path, text, mode: 0o644 });
  return [
    file(`/etc/systemd/system/${SERVICE_UNIT}`, service),
    file(`/etc/systemd/system/${OBSERVER_UNIT}`, observer),
    file('/etc/sysusers.d/watchbill.conf', `u ${USER} - "Watchbill" ${places.data} /usr/sbin/nologin\n`),
  ];
}

interface UnitParts {
  readonly about: string;
  readonly command: readonly string[];
  readonly credentials: readonly Credential[];
  readonly more: readonly string[];
}

function unitText({ about, command, credentials, more }: UnitParts): string {
  const files = credentials.flatMap(({ flag, name }) => [flag, `%d/${name}`]);
  const loads = credentials.map(({ name, file }) => `LoadCredential=${name}:${file}`);
  return [
    '[Unit]',
    `Description=${about}`,
    'Wants=network-online.target',
    'After=network-online.target',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=notify',
    // systemd-notify, which sends the messages, is a child of the program.
    'NotifyAccess=all',
    'WatchdogSec=30',
    // A program that hangs is killed at once: a grant is on disk before its reply.
    'WatchdogSignal=SIGKILL',
    `User=${USER}`,
    `Group=${USER}`,
    ...more,
    ...new Set(loads),
    // The words are quoted first: a percent sign of a setting is doubled, this one names the folder.
    `ExecStart=${quoted([...command, ...files]).replaceAll(/"%%d(\/[A-Za-z0-9.-]+)"/g, '%d$1')}`,
    'Restart=always',
    'RestartSec=5',
    'TimeoutStopSec=60',
    'LimitNOFILE=65536',
    // A core file would hold the tokens.
    'LimitCORE=0',
    '',
    '# Hardening',
    ...SERVICE_HARDENING,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
}
