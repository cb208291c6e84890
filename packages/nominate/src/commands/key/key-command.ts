import { resolve } from 'node:path';
import {
  addSecretFlags,
  type PassphraseFlags,
  passphraseFrom,
  secretFrom,
} from '@watchbill/chain/command/secret-flags';
import type { AccountScheme, Secret } from '@watchbill/chain/keys';
import { usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { lines, print } from '@watchbill/kit/command/print';
import { reserveSecret } from '@watchbill/kit/command/secret-file';
import { type Command, Option } from 'commander';
import { startFault } from '../run/run-fault.ts';
import { accountLines, addressesOf, textOfFile, writeKeyFile } from './shown.ts';

interface MakeFlags extends PassphraseFlags {
  readonly out: string;
  readonly scheme: AccountScheme;
  readonly json?: boolean;
}

/** `nominate key`: encrypted key files of signers. */
export function addKey(parent: Command, { io }: Context): void {
  const command = parent.command('key').description('encrypted key files of signers: create, import, show');
  addCreate(command, io);
  addImport(command, io);
  addShow(command, io);
  withExamples(command, ['watchbill nominate key create --out keys/west.json']);
}

function addCreate(parent: Command, io: Io): void {
  const command = parent
    .command('create')
    .description('make a new key; its file is encrypted with a passphrase')
    .requiredOption('--out <file>', 'new key file (mode 0600)')
    .addOption(schemeOption())
    .option('--words-out <file>', 'also write its 24 words, unencrypted, into this new file (mode 0600)');
  addSecretFlags(command, 'passphrase', 'the passphrase')
    .option('--json', 'print JSON')
    .action((options: MakeFlags & { readonly wordsOut?: string }) => create(io, options));
  withExamples(command, [
    'watchbill nominate key create --out keys/west.json',
    'watchbill nominate key create --out keys/west.json --passphrase-file keys/passphrase --words-out west.words',
  ]);
}

function addImport(parent: Command, io: Io): void {
  const command = parent
    .command('import')
    .description('encrypt a key that exists: a mnemonic, a seed, a derivation, or an account of Polkadot-JS')
    .requiredOption('--out <file>', 'new key file (mode 0600)')
    .addOption(schemeOption())
    .option('--polkadot-js <file>', 'account that Polkadot-JS exported as JSON; the secret is its password');
  addSecretFlags(command, 'secret', '`WORDS…//path///password`, or 0x and 64 digits');
  addSecretFlags(command, 'passphrase', 'the passphrase of the new file')
    .option('--json', 'print JSON')
    .action((options: ImportFlags) => importKey(io, options));
  withExamples(command, [
    'watchbill nominate key import --out keys/west.json',
    'watchbill nominate key import --out keys/west.json --polkadot-js account.json',
    'watchbill nominate key import --out keys/west.json --secret-file west.words --passphrase-file keys/passphrase',
  ]);
}

function addShow(parent: Command, io: Io): void {
  const command = parent
    .command('show')
    .argument('<file>', 'key file')
    .description('show the account and addresses of a key file; never its secret')
    .option('--check', 'also decrypt it, to check the passphrase');
  addSecretFlags(command, 'passphrase', 'the passphrase, for --check')
    .option('--json', 'print JSON')
    .action((file: string, options: ShowFlags) => show(io, file, options));
  withExamples(command, [
    'watchbill nominate key show keys/west.json',
    'watchbill nominate key show keys/west.json --check --passphrase-file keys/passphrase',
  ]);
}

function schemeOption(): Option {
  return new Option('--scheme <scheme>', 'signature scheme of the account')
    .choices(['sr25519', 'ed25519'])
    .default('sr25519');
}

async function create(io: Io, options: MakeFlags & { readonly wordsOut?: string }): Promise<void> {
  const { newMnemonic } = await import('@watchbill/chain/keys');
  const passphrase = await passphraseFrom(io, options, true);
  const words = newMnemonic();
  const secret = await secretOf(words, options.scheme);
  // Opened before the key file is written, so that a refusal leaves neither.
  const kept = options.wordsOut === undefined ? null : reserveSecret(resolve(io.cwd, options.wordsOut));
  try {
    await writeKeyFile(io, options, secret, passphrase, kept?.path ?? null);
  } catch (error) {
    kept?.discard();
    throw error;
  }
  kept?.write(`${words}\n`);
}

interface ImportFlags extends MakeFlags {
  readonly polkadotJs?: string;
  readonly secretFile?: string;
  readonly secretFd?: number;
}

async function importKey(io: Io, options: ImportFlags): Promise<void> {
  const { polkadotJs, scheme, secretFile, secretFd } = options;
  const account = polkadotJs === undefined ? null : textOfFile(io, polkadotJs);
  const given = await secretFrom(
    io,
    { file: secretFile, fd: secretFd },
    {
      name: account === null ? 'mnemonic or seed' : 'password of the Polkadot-JS account',
      flag: 'secret',
      shortest: 1,
      again: false,
    },
  );
  const secret = account === null ? await secretOf(given, scheme) : await accountOf(account, given);
  await writeKeyFile(io, options, secret, await passphraseFrom(io, options, true));
}

async function secretOf(uri: string, scheme: AccountScheme): Promise<Secret> {
  const [{ readSecretUri }, { makeKey }] = await Promise.all([
    import('@watchbill/chain/keys'),
    import('../../chain/index.ts'),
  ]);
  const read = readSecretUri(uri, scheme);
  if (!read.ok)
    throw usageFault(
      `the secret cannot be used: ${read.why}`,
      'give 12 to 24 English words or a seed, for example `WORDS…`, `WORDS…//stash`, or 0x and 64 digits',
    );
  return { scheme, account: makeKey(scheme, read.secret).account, secret: read.secret };
}

async function accountOf(text: string, password: string): Promise<Secret> {
  const { openPolkadotJson } = await import('../../transactions/index.ts');
  try {
    return openPolkadotJson(text, password);
  } catch (error) {
    throw startFault(error);
  }
}

interface ShowFlags extends PassphraseFlags {
  readonly check?: boolean;
  readonly json?: boolean;
}

async function show(io: Io, file: string, options: ShowFlags): Promise<void> {
  const { openKeyFile, readKeyFile } = await import('@watchbill/chain/keys');
  const text = textOfFile(io, file);
  const passphrase = options.check === true ? await passphraseFrom(io, options, false) : null;
  try {
    const { scheme, account } = readKeyFile(text);
    if (passphrase !== null) openKeyFile(text, passphrase).secret.fill(0);
    const addresses = await addressesOf(account);
    const head = await accountLines({ scheme, account });
    print(io, options.json, { file, scheme, account, addresses, checked: passphrase !== null }, () =>
      lines([`${file}${passphrase === null ? '' : ': the passphrase is right'}`, ...head]),
    );
  } catch (error) {
    throw startFault(error);
  }
}
