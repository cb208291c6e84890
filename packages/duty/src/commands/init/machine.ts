import { chmodSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fault } from '@watchbill/kit';
import { isPackaged, ownProgram } from '@watchbill/kit/command/own-program';
import type { PlannedFile } from '@watchbill/kit/command/planned-files';
import { makeFoldersSync } from '@watchbill/kit/files';
import { FIELDS } from '../../config/fields.ts';
import type { InitOptions } from './init-command.ts';
import type { Layout } from './layout.ts';
import { type Credential, ownUnit, USER } from './units.ts';

/** The places of `init --systemd`. systemd makes the data folder the user's own when the unit starts. */
export const MACHINE = {
  dir: '/etc/watchbill',
  data: '/var/lib/watchbill',
  newLedger: '/var/lib/watchbill/new-ledger',
} as const;

/** Units and user, for the settings of a new configuration in `dir`. */
export function machineFiles(
  dir: string,
  places: Layout,
  values: Readonly<Record<string, unknown>>,
  options: InitOptions,
): readonly PlannedFile[] {
  const credentials = FIELDS.flatMap(({ path, flag }): Credential[] => {
    const file = path.endsWith('File') ? values[path] : undefined;
    return typeof file === 'string' ? [{ flag, file: join(dir, file), name: basename(file) }] : [];
  });
  const url = options.tls ? 'https://localhost:8450' : 'http://127.0.0.1:8450';
  const service = ownUnit(
    'Watchbill permission service',
    [...program(), 'serve', '--config', places.config],
    credentials,
    [`StateDirectory=${places.data.slice('/var/lib/'.length)}`, 'StateDirectoryMode=0700'],
  );
  const observer = ownUnit(
    'Watchbill observer',
    [...program(), 'observe', '--node', options.observe, '--url', url],
    [
      { flag: '--token-file', file: join(dir, 'secrets/observer.token'), name: 'observer.token' },
      ...(options.tls ? [{ flag: '--ca-file', file: places.ca.certificate, name: 'ca.pem' }] : []),
    ],
  );
  const files = {
    'systemd/system/watchbill.service': service,
    'systemd/system/watchbill-observer.service': observer,
    'sysusers.d/watchbill.conf': `u ${USER} - "Watchbill" ${places.data} /usr/sbin/nologin\n`,
  };
  return Object.entries(files).flatMap(([name, text]): PlannedFile[] =>
    isPackaged(`/usr/lib/${name}`, text) ? [] : [{ path: `/etc/${name}`, text, mode: 0o644 }],
  );
}

/** The program that runs now, as the units start it. */
export function program(words: readonly string[] = ownProgram()): readonly string[] {
  for (const word of words)
    if (/^\/(home|root|run\/user)\//.test(word))
      throw fault('program-hidden', 'usage', {
        what: `${word} is in a home folder, which the units cannot read (ProtectHome=yes)`,
        where: 'flag --systemd',
        remedy:
          'install Node and watchbill for all users, for example below /usr/local, and run init from there',
      });
  return words;
}

export function isPublic({ mode }: PlannedFile): boolean {
  return mode === 0o644;
}

/** Folders that every user may enter; those that exist stay as they are. */
export function makePublicFolders(folders: readonly string[]): void {
  for (const folder of folders) for (const made of makeFoldersSync(folder, 0o755)) chmodSync(made, 0o755);
}
