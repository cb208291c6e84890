import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { arch, cpus, release, totalmem, uptime } from 'node:os';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { Fault, messageOf } from '@watchbill/kit';
import { command, flag } from '@watchbill/kit/command/command';
import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import { atMostOne } from '@watchbill/kit/command/rules';
import { file, text } from '@watchbill/kit/command/shapes';
import { packageVersion } from '@watchbill/kit/command/version';
import { writeNew } from '@watchbill/kit/command/write-files';
import { askService } from '../../client/api.ts';
import { type ClientOptions, connection } from '../../client/target.ts';
import { FIELDS } from '../../config/fields.ts';
import { type LoadedConfig, loadConfig } from '../../config/load.ts';
import { getAt } from '../../config/tree.ts';
import { secretsIn, withoutSecrets } from './without-secrets.ts';

/** A part of the bundle. One that cannot be had says why, so that the others are not lost. */
interface Section {
  readonly title: string;
  readonly text: () => Promise<string> | string;
}

const ADVICE = 'Read it before you attach it: it names your machines and your keys. Secrets were removed.';

/** Answers of the service, as an operator sees them. */
const READ = ['health', 'services', 'policies', 'watch', 'marks', 'standbys', 'rollback-reports'];

/** `support-bundle`: one file to read through and attach to a report. */
export const supportBundle = command({
  flags: {
    out: flag(file().optional(), 'the file to write (default: watchbill-support-DATE.txt in this folder)'),
    log: flag(file().optional(), 'a file with the log of the service; of it the last 2 MB are taken'),
    unit: flag(
      text('unit').optional(),
      'the systemd unit whose log of the last day is taken (default: watchbill)',
    ),
    ...connection,
  },
  rules: [atMostOne('log', 'unit')],
  examples: ['watchbill support-bundle', 'watchbill support-bundle --log serve.log --out bundle.txt'],
  run: async ({ io }, { out, log, unit, json: asJson, ...options }) => {
    const day = new Date(io.clock.nowMs()).toISOString().slice(0, 10);
    const path = resolve(io.cwd, out ?? `watchbill-support-${day}.txt`);
    const config = configOf(io, options);
    const sections: readonly Section[] = [
      { title: 'versions', text: () => versions(io) },
      { title: 'configuration', text: () => settings(config) },
      ...READ.map((name) => ({
        title: `GET /v1/${name}`,
        text: () => askService(io, options, async (api) => json(await api.get(`/v1/${name}`))),
      })),
      {
        title: 'log',
        text: () => {
          // The configuration names the secrets that a log must not show.
          if (config instanceof Fault)
            throw new Error('the secrets to remove are not known without the configuration');
          return log === undefined ? lastDayOf(unit ?? 'watchbill') : endOf(resolve(io.cwd, log));
        },
      },
    ];
    const { tokenFile, keyFile } = options;
    const own = [tokenFile, keyFile].map((name) => (name === undefined ? name : resolve(io.cwd, name)));
    const secrets = secretsIn(config instanceof Fault ? null : config.config, own);
    const parts: string[] = [];
    for (const section of sections) parts.push(withoutSecrets(await render(section), secrets));
    writeNew([{ path, text: parts.join('\n'), mode: 0o600 }]);
    print(io, asJson, { file: path }, () => `${path}\n${ADVICE}\n`);
  },
});

async function render({ title, text }: Section): Promise<string> {
  const body = await (async () => text())().catch((error: unknown) => `not read: ${reasonOf(error)}`);
  return `== ${title} ==\n${body.trimEnd()}\n`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Fault)) return messageOf(error);
  return error.problems.map(({ what, where }) => (where === null ? what : `${where}: ${what}`)).join('; ');
}

/** The configuration, or the fault that says why there is none. */
function configOf(io: Io, { config }: ClientOptions): LoadedConfig | Fault {
  try {
    return loadConfig(io, config === undefined ? {} : { config });
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

/** Of a longer log the end is taken. */
const MOST_BYTES = 2 * 2 ** 20;
const TIMEOUT_MS = 30_000;

/** The log of a unit by `journalctl`. Throws if it cannot be read. */
async function lastDayOf(unit: string): Promise<string> {
  const args = ['--unit', unit, '--since', '-1d', '--no-pager', '--output', 'cat'];
  const limits = { timeout: TIMEOUT_MS, maxBuffer: 64 * 2 ** 20 };
  const { stdout } = await promisify(execFile)('journalctl', args, limits);
  if (stdout.trim() === '') throw new Error(`the unit ${unit} wrote nothing; name a file with --log FILE`);
  return stdout.slice(-MOST_BYTES);
}

async function endOf(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, MOST_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Secrets are in separate files: a setting names the file. */
function settings(config: LoadedConfig | Fault): string {
  if (config instanceof Fault) throw config;
  const lines = FIELDS.map(({ path }) => [path, getAt(config.config, path.split('.'))] as const);
  const set = lines.filter(([, value]) => value !== undefined);
  const texts = set.map(([path, value]) => `${path}: ${json(value)}`);
  return [`file: ${config.file ?? 'none'}`, ...texts].join('\n');
}

function versions({ clock, env }: Io): string {
  const lines = {
    watchbill: packageVersion(),
    node: `${process.version} on ${process.platform} ${arch()}`,
    system: release(),
    machine: `${cpus().length} processors, ${Math.round(totalmem() / 2 ** 20)} MB, up ${Math.round(uptime())} s`,
    time: new Date(clock.nowMs()).toISOString(),
    options: env.NODE_OPTIONS ?? 'none',
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 1) ?? 'null';
}
