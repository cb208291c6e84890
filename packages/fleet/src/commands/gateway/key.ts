import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import { reserveSecret } from '@watchbill/kit/command/secret-file';
import { replaceFileSync } from '@watchbill/kit/files';
import type { Command } from 'commander';
import type { KeyEntry } from '../../gateway/index.ts';
import { DEFAULT_FILE, readGatewayFile } from './settings-file.ts';

interface KeyFlags {
  readonly config: string;
  readonly name: string;
  readonly tier: string;
  readonly expires?: string;
  readonly out?: string;
  readonly revoke?: boolean;
  readonly json?: boolean;
}

/**
 * `services gateway key`: the key goes into a 0600 file, or once onto a terminal; the gateway keeps its hash.
 */
export function addGatewayKey(parent: Command, { io }: Context): void {
  const command = parent
    .command('key')
    .description('make a key for a caller, or revoke one; a running gateway follows within seconds')
    .requiredOption('--name <name>', 'name of the holder, for quotas and logs')
    .option('--tier <tier>', 'limits of the key: a tier of the settings')
    .option('--expires <time>', 'expiry time, for example 2027-01-31T00:00:00Z')
    .option('--out <file>', 'new file (mode 0600) for the key; required if standard output is not a terminal')
    .option('--revoke', 'revoke the key of that name and end its connections')
    .option('--config <file>', 'settings of the gateway', DEFAULT_FILE)
    .option('--json', 'print JSON')
    .action((options: KeyFlags) => (options.revoke === true ? revoke(io, options) : make(io, options)));
  withExamples(command, [
    'watchbill fleet services gateway key --name app --tier partner --out app.key',
    'watchbill fleet services gateway key --name app --revoke',
  ]);
}

interface Keys {
  readonly file: string;
  readonly keys: readonly KeyEntry[];
  readonly tiers: readonly string[];
}

async function keysOf(io: Io, config: string): Promise<Keys> {
  const { value, file: settingsFile } = await readGatewayFile(io, config);
  const { keysFile: file } = value;
  const tiers = Object.keys(value.tiers);
  if (file === undefined)
    throw usageFault(
      'the gateway takes no keys',
      'add `keysFile: gateway-keys.json` to its settings',
      settingsFile,
    );
  if (!existsSync(file)) return { file, keys: [], tiers };
  const { readKeys } = await import('../../gateway/index.ts');
  const read = readKeys(readFileSync(file, 'utf8'), tiers);
  if (!read.ok)
    throw usageFault(read.problems.join('; '), 'correct the file by hand, or start a new one', file);
  return { file, keys: read.keys, tiers };
}

async function make(io: Io, options: KeyFlags): Promise<void> {
  const { name, tier, expires, out } = options;
  const { keyHash, keysShape, newKey } = await import('../../gateway/index.ts');
  const { file, keys, tiers } = await keysOf(io, options.config);
  if (tier === undefined || !tiers.includes(tier))
    throw usageFault(`there is no tier ${tier ?? ''}`, `use one of: ${tiers.join(', ')}`, 'flag --tier');
  if (keys.some((key) => key.name === name))
    throw usageFault(
      `${name} has a key already`,
      'revoke it with --revoke first, or use another name',
      'flag --name',
    );
  if (out === undefined && (!io.outIsTerminal || options.json === true))
    throw usageFault(
      'not printing the key: standard output is not a terminal',
      'name a new file with --out FILE',
    );
  const key = newKey((count) => io.random.bytes(count));
  const createdAt = new Date(io.clock.nowMs()).toISOString();
  const entry = {
    name,
    tier,
    sha256: keyHash(key),
    createdAt,
    ...(expires === undefined ? {} : { expiresAt: expires }),
  };
  const checked = keysShape.safeParse({ version: 1, keys: [...keys, entry] });
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw usageFault(
      `${issue?.path.at(-1)?.toString() ?? ''}: ${issue?.message}`,
      'see the same command with --help',
    );
  }
  if (out !== undefined) reserveSecret(resolve(io.cwd, out)).write(`${key}\n`);
  writeKeys(file, checked.data.keys);
  print(io, options.json, { name, tier, keysFile: file, file: out ?? null }, () =>
    out === undefined
      ? `made a key for ${name}; store it now, because it is not shown again:\n${key}\n`
      : `made a key for ${name}, written to ${out}\n`,
  );
}

async function revoke(io: Io, { name, config, json }: KeyFlags): Promise<void> {
  const { file, keys } = await keysOf(io, config);
  const left = keys.filter((key) => key.name !== name);
  if (left.length === keys.length) {
    const names = keys.map((key) => key.name).join(', ');
    throw usageFault(
      `there is no key for ${name}`,
      names === '' ? 'the file has no keys yet' : `there are: ${names}`,
      file,
    );
  }
  writeKeys(file, left);
  print(io, json, { name, revoked: true, keysFile: file }, () => `the key of ${name} is revoked\n`);
}

/** Whole, or not at all: a gateway may read it at any moment. */
function writeKeys(file: string, keys: readonly KeyEntry[]): void {
  const text = `${JSON.stringify({ version: 1, keys }, null, 2)}\n`;
  replaceFileSync({ path: file, text, mode: 0o640 });
}
