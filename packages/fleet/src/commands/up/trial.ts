import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { counted, usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';

interface TrialFlags {
  readonly binary: string;
  readonly spec: string;
  readonly validators: string;
  readonly flag: readonly string[];
  readonly dir: string;
  readonly json?: boolean;
}

/** Well-known accounts with public seeds. Development chains take them as validators, in this order. */
const ACCOUNTS = ['Alice', 'Bob', 'Charlie', 'Dave', 'Eve', 'Ferdie'];
const KEY_TYPES = { babe: 'sr25519', gran: 'ed25519', imon: 'sr25519', audi: 'sr25519' } as const;

/** `fleet local trial`: a folder for `fleet local up --local`, with keys that are not secret. */
export function addFleetTrial(parent: Command, { io }: Context): void {
  const command = parent
    .command('trial')
    .description('write a network file, a chain and development keys to try `fleet local up --local` with')
    .requiredOption('--binary <file>', 'the node, for example from `npm run node:build`')
    .requiredOption(
      '--spec <file>',
      'raw specification of a development chain, whose validators are Alice, Bob and so on',
    )
    .option('--validators <n>', 'how many validators the chain has, 1 to 6', '4')
    .option('--flag <flags...>', 'extra flags of this node', [])
    .option('--dir <folder>', 'new folder', 'trial')
    .option('--json', 'print JSON')
    .action((options: TrialFlags) => trial(io, options));
  withExamples(command, [
    'watchbill fleet local trial --binary ./node --spec chain.json',
    'watchbill fleet local trial --binary ./node --spec chain.json --validators 2 --dir two',
  ]);
}

function trial(io: Io, options: TrialFlags): void {
  const count = Number(options.validators);
  if (!Number.isInteger(count) || count < 1 || count > ACCOUNTS.length)
    throw usageFault(
      `${options.validators} is not a valid number of validators`,
      `1 to ${ACCOUNTS.length}`,
      'flag --validators',
    );
  const folder = resolve(io.cwd, options.dir);
  if (existsSync(folder))
    throw usageFault(`${folder} exists already and is never overwritten`, 'name a new folder', 'flag --dir');
  const binary = existing(resolve(io.cwd, options.binary), '--binary');
  const spec = existing(resolve(io.cwd, options.spec), '--spec');
  mkdirSync(folder, { recursive: true });
  copyFileSync(spec, join(folder, 'chain.json'));
  for (const [at, account] of ACCOUNTS.slice(0, count).entries()) {
    const secret = join(folder, 'secrets', `validators-here-${at}-keys`);
    mkdirSync(secret, { recursive: true, mode: 0o700 });
    for (const type of Object.keys(KEY_TYPES))
      writeFileSync(join(secret, type), `//${account}`, { mode: 0o600 });
  }
  writeFileSync(join(folder, 'network.yaml'), networkText({ binary, count, flags: options.flag, folder }));
  print(io, options.json, { folder, validators: count }, () =>
    [
      `wrote ${folder}: network.yaml, chain.json, secrets of ${counted(count, 'development account')}`,
      `next: cd ${options.dir} && watchbill fleet local up --local --secrets secrets --gateway 9950`,
      '',
    ].join('\n'),
  );
}

function existing(file: string, flag: string): string {
  if (existsSync(file) && statSync(file).isFile()) return file;
  throw usageFault(`there is no file ${file}`, 'name an existing one', `flag ${flag}`);
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

interface Trial {
  readonly binary: string;
  readonly count: number;
  readonly flags: readonly string[];
  readonly folder: string;
}

function networkText({ binary, count, flags, folder }: Trial): string {
  const digest = sha256(binary);
  const types = Object.entries(KEY_TYPES).map(([type, scheme]) => `${type}: ${scheme}`);
  return `# A network to try things on. Its keys are those of well-known accounts: never use them for anything of worth.
format: watchbill/network/1
name: trial
preset: solo-chain

chain:
  spec: {file: chain.json, sha256: ${sha256(join(folder, 'chain.json'))}}

clusters:
  here: {} # \`fleet local up --local\` takes every place for this machine

defaults:
  software:
    image: example.org/node@sha256:${digest} # for clusters; not used here
    binary: {source: ${JSON.stringify(binary)}, sha256: ${digest}}
    command: ${basename(binary)}
    sdk: stable2509
${flags.length === 0 ? '' : `  customFlags: ${JSON.stringify(flags)}\n`}
pools:
  validators:
    count: ${count}
    keys:
      session: {source: secret, secret: '{node}-keys', types: {${types.join(', ')}}}
  rpc:
    count: 2
`;
}
