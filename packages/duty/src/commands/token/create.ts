import { resolve } from 'node:path';
import { Fault, fault, usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import { reserveSecret } from '@watchbill/kit/command/secret-file';
import { type Command, Option } from 'commander';
import { withApi } from '../../client/api.ts';
import { addClientOptions, type ClientOptions, resolveTarget, type Target } from '../../client/target.ts';
import type { TokenCreated } from '../../service/index.ts';
import { originalBaseUrl } from './base-url.ts';

interface CreateOptions extends ClientOptions {
  readonly role: string;
  readonly name: string;
  readonly original?: boolean;
  readonly chain?: string;
  readonly key?: string;
  readonly out?: string;
}

/** `token create`: the secret goes into a 0600 file, or once onto a terminal; nowhere else. */
export function addCreate(parent: Command, { io }: Context): void {
  const roles = new Option('--role <role>', 'permissions of the holder').choices([
    'node',
    'observer',
    'operator',
    'reader',
  ]);
  const command = parent
    .command('create')
    .description('make a token; its secret is written to a file or shown once on a terminal')
    .addOption(roles.makeOptionMandatory())
    .requiredOption('--name <name>', 'node, observer or person')
    .option('--original', 'make a base URL of the original wire protocol instead; needs --chain and --key')
    .option('--chain <hash>', 'genesis hash of the chain of that base URL')
    .option('--key <key>', 'public session key of that base URL')
    .option(
      '--out <file>',
      'new file (mode 0600) for the secret; required if standard output is not a terminal',
    );
  addClientOptions(command).action((options: CreateOptions) => create(io, options));
  withExamples(command, [
    'watchbill token create --role node --name alpha --out alpha.token',
    'watchbill token create --role node --name alpha --original --chain 0x91b1… --key 0xd435… --out alpha.url',
  ]);
}

async function create(io: Io, options: CreateOptions): Promise<void> {
  const request = requestOf(options);
  if (options.out === undefined && (!io.outIsTerminal || options.json === true))
    throw usageFault(
      `not printing the secret: ${options.json === true ? 'programs may keep the output of --json' : 'standard output is not a terminal'}`,
      'name a new file with --out FILE, or run without --json on a terminal',
    );
  const target = resolveTarget(io, options);
  const file = options.out === undefined ? null : reserveSecret(resolve(io.cwd, options.out));
  let created: TokenCreated;
  try {
    created = await withApi(target, (api) => api.send<TokenCreated>('POST', '/v1/tokens', request));
  } catch (error) {
    file?.discard();
    throw error;
  }
  const secret = request.original === undefined ? created.secret : originalBaseUrl(target, created.secret);
  const { token } = created;
  try {
    file?.write(`${secret}\n`);
  } catch (error) {
    throw await withdrawn(target, token.id, file?.path ?? '', error);
  }
  print(io, options.json, { token, file: file?.path ?? null }, () => {
    const what = request.original === undefined ? 'token' : 'base URL';
    const made = `made ${what} ${token.id} for ${token.role} ${token.name}\n`;
    return file === null
      ? `${made}store it now, because it is not shown again:\n${secret}\n`
      : `${made}written to ${file.path}\n`;
  });
}

/** Revokes a token whose secret is lost; if that fails, the fault names the token that still exists. */
async function withdrawn(target: Target, id: string, path: string, cause: unknown): Promise<Fault> {
  const said = cause instanceof Fault ? cause.problems[0]?.what : (cause as NodeJS.ErrnoException).code;
  const what = `the secret could not be written to ${path}: ${said ?? String(cause)}`;
  try {
    await withApi(target, (api) => api.send('DELETE', `/v1/tokens/${encodeURIComponent(id)}`));
    const remedy = 'the token was revoked: make room, or name a file elsewhere, and make it again';
    return fault('secret-not-kept', 'fault', { what, where: path, remedy }, cause);
  } catch {
    const remedy = `token ${id} still exists, but its secret is lost: run \`watchbill token revoke ${id}\``;
    return fault('secret-not-kept', 'fault', { what, where: path, remedy }, cause);
  }
}

/** As the service has it. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

function requestOf(options: CreateOptions): {
  role: string;
  name: string;
  original?: { chain: string; key: string };
} {
  const { role, name, chain, key } = options;
  if (!NAME.test(name))
    throw usageFault(
      'the service does not accept this name',
      '1 to 63 lower-case letters, digits, dots, dashes and underscores; begin with a letter or digit',
      'flag --name',
    );
  if (options.original !== true) {
    if (chain === undefined && key === undefined) return { role, name };
    throw usageFault('--chain and --key belong to --original', 'add --original, or leave them out');
  }
  if (chain === undefined || key === undefined)
    throw usageFault('a base URL of the original wire protocol is for one key', 'add --chain and --key');
  return { role, name, original: { chain, key } };
}
