import { join, relative, resolve } from 'node:path';
import { addSecretFlags, passphraseFrom } from '@watchbill/chain/command/secret-flags';
import { usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { whole } from '@watchbill/kit/command/numbers';
import { carryOut, refuseExisting } from '@watchbill/kit/command/planned-files';
import { print } from '@watchbill/kit/command/print';
import { type Command, Option } from 'commander';
import { ADDRESS_RULE, isListenAddress, isMemberName, isNodeUrl, NAME_RULE } from '../member-addresses.ts';
import { DEFAULT_CONFIG } from '../operator-config.ts';
import { loadRuntime } from '../runtime.ts';
import { initExample } from './example.ts';
import { operatorYaml } from './files.ts';
import { type InitFlags, planKey } from './key.ts';
import { initRfc12Example } from './rfc12-example.ts';

const HTTP_PORT = 8460;
const DEFAULT_CHAIN = 'ws://127.0.0.1:9944';
const DEFAULT_LISTEN = '/ip4/127.0.0.1/tcp/7400';

/**
 * `coordinate init`: a key and a configuration for one operator, or a whole group on this machine to try out.
 */
export function addCoordinateInit(parent: Command, { io }: Context): void {
  const command = addSecretFlags(
    parent.command('init'),
    'passphrase',
    'the passphrase for --encrypt; without it the command asks',
  )
    .description('make an operator key and a configuration; with --example a group of four on this machine')
    .option('--dir <folder>', 'folder to make them in', '.')
    .option('--name <name>', 'how others call this operator', 'operator')
    .addOption(
      new Option('--scheme <name>', 'kind of the operator key')
        .choices(['ed25519', 'sr25519', 'secp256k1'])
        .default('ed25519'),
    )
    .option('--encrypt', 'encrypt the key file with a passphrase (ed25519 and sr25519)')
    .option('--listen <address>', 'multiaddr at which other members reach it', DEFAULT_LISTEN)
    .option('--chain <url>', `RPC of the node (default: ${DEFAULT_CHAIN}; with --example a dev chain)`)
    .option('--example <folder>', 'make four operators, their group and a dev chain in this new folder')
    .addOption(
      new Option('--profile <name>', 'with --example: quorum, or rfc12 with the operators of one wallet')
        .choices(['quorum', 'rfc12'])
        .default('quorum'),
    )
    .option(
      '--block-ms <ms>',
      'with --example: time of a block of the dev chain',
      whole('--block-ms', 'milliseconds', 50, 600_000),
      1_000,
    )
    .option('--json', 'print JSON')
    .action((options: InitFlags) => init(io, options));
  withExamples(command, [
    'watchbill coordinate init --dir /etc/watchbill --name alpha --listen /ip4/203.0.113.5/tcp/7400',
    'watchbill coordinate init --encrypt --passphrase-file /etc/watchbill/passphrase',
    'watchbill coordinate init --example demo-group',
    'watchbill coordinate init --example demo-group --chain ws://127.0.0.1:9944',
    'watchbill coordinate init --profile rfc12 --example wallet-demo',
  ]);
}

/** Refuses now what `run` and `group create` would refuse after the line was sent to others. */
function checkMember({ name, listen, chain }: Pick<InitFlags, 'name' | 'listen'> & { chain: string }): void {
  if (!isMemberName(name))
    throw usageFault(`${JSON.stringify(name)} is not a valid name`, NAME_RULE, 'flag --name');
  if (!isListenAddress(listen))
    throw usageFault('the value is not a multiaddr', ADDRESS_RULE, 'flag --listen');
  if (!isNodeUrl(chain))
    throw usageFault(
      'the value is not a node address',
      'write it as ws://HOST:PORT, wss://HOST, http://… or https://…',
      'flag --chain',
    );
}

/** Refused, because a flag without effect would suggest that the key is encrypted. */
function refuseUnused({ encrypt, example, passphraseFile, passphraseFd }: InitFlags): void {
  if (encrypt !== true && (passphraseFile ?? passphraseFd) !== undefined)
    throw usageFault('a passphrase without --encrypt', 'add --encrypt', 'flag --encrypt');
  if (encrypt === true && example !== undefined)
    throw usageFault('the keys of an example are not encrypted', 'leave --encrypt out', 'flag --encrypt');
}

async function init(io: Io, options: InitFlags): Promise<void> {
  const runtime = await loadRuntime();
  refuseUnused(options);
  if (options.example !== undefined) {
    const make = options.profile === 'rfc12' ? initRfc12Example : initExample;
    return make(io, runtime, options, options.example);
  }
  if (options.profile === 'rfc12')
    throw usageFault(
      '--profile rfc12 is for --example',
      'leave it out to make a key with --scheme secp256k1; `watchbill docs coordinate-rfc12` shows the group file',
      'flag --profile',
    );
  const { name, listen } = options;
  const dir = resolve(io.cwd, options.dir);
  const [config, keyFile] = [join(dir, DEFAULT_CONFIG), join(dir, 'operator.key')];
  const chain = options.chain ?? DEFAULT_CHAIN;
  checkMember({ name, listen, chain });
  refuseExisting([config, keyFile, join(dir, 'state')]);
  const passphrase = options.encrypt === true ? await passphraseFrom(io, options, true) : null;
  const { publicKey: key, file } = planKey(runtime, keyFile, options.scheme, passphrase);
  const text = operatorYaml({ group: 'group.yaml', listen, chain, httpPort: HTTP_PORT });
  carryOut({ folders: [], files: [file, { path: config, text, mode: 0o644 }] });
  const member = `${name} ${key} ${listen}`;
  const made = [config, keyFile];
  const shown = relative(io.cwd, config);
  const steps = [
    `send this line to the person who creates the group: ${member}`,
    `they run: watchbill coordinate group create --member "${member}" … (see --help), and send the file to all members`,
    `join it: watchbill coordinate group join group.yaml --config ${shown}`,
    `run: watchbill coordinate run --config ${shown}`,
  ];
  print(io, options.json, { made, key, member, next: steps }, () => {
    const list = made.map((path) => `  ${relative(io.cwd, path)}\n`).join('');
    return `made:\n${list}\nnext:\n${steps.map((step, index) => `  ${index + 1}. ${step}\n`).join('')}`;
  });
}
