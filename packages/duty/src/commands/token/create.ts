import { resolve } from 'node:path';
import { Fault, fault, usageFault } from '@watchbill/kit';
import { command, flag, type OptionsOf } from '@watchbill/kit/command/command';
import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import { needs } from '@watchbill/kit/command/rules';
import { reserveSecret } from '@watchbill/kit/command/secret-file';
import { choice, file, type Read, Refusal, read, yes } from '@watchbill/kit/command/shapes';
import { withApi } from '../../client/api.ts';
import { chainFlag, onlyKey } from '../../client/keys.ts';
import { connection, resolveTarget, type Target } from '../../client/target.ts';
import type { TokenCreated } from '../../service/index.ts';

const NAME: Read<string> = read('name', (name) => {
  // As the service has it.
  if (/^[a-z0-9][a-z0-9._-]{0,62}$/.test(name)) return name;
  const form =
    '1 to 63 lower-case letters, digits, dots, dashes and underscores; begin with a letter or digit';
  return new Refusal('the service does not accept this name', form);
});

const flags = {
  role: flag(choice('role', ['node', 'observer', 'operator', 'reader']), 'permissions of the holder'),
  name: flag(NAME, 'node, observer or person'),
  original: flag(yes(), 'make a base URL of the original wire protocol instead; needs --key'),
  chain: chainFlag,
  key: { ...onlyKey, about: onlyKey.about.replace('only this key', 'the key of that base URL') },
  out: flag(
    file().optional(),
    'new file (mode 0600) for the secret; required if standard output is not a terminal',
  ),
  ...connection,
};

/** `token create`: the secret goes into a 0600 file, or once onto a terminal; nowhere else. */
export const create = command({
  about: 'make a token; its secret is written to a file or shown once on a terminal',
  flags,
  rules: [needs('chain', 'original'), needs('key', 'original'), needs('original', 'key')],
  examples: [
    'watchbill token create --role node --name alpha --out alpha.token',
    'watchbill token create --role node --name alpha --original --key 5ac67d --out alpha.url',
  ],
  run: ({ io }, options) => createToken(io, options),
});

async function createToken(io: Io, options: OptionsOf<typeof flags>): Promise<void> {
  const { role, name, chain, key, out } = options;
  if (out === undefined && (!io.outIsTerminal || options.json))
    throw usageFault(
      `not printing the secret: ${options.json ? 'programs may keep the output of --json' : 'standard output is not a terminal'}`,
      'name a new file with --out FILE, or run without --json on a terminal',
    );
  const request = { role, name, ...(options.original ? { original: { chain, key } } : {}) };
  const target = resolveTarget(io, options);
  const file = out === undefined ? null : reserveSecret(resolve(io.cwd, out));
  let created: TokenCreated;
  try {
    created = await withApi(target, (api) => api.send<TokenCreated>('POST', '/v1/tokens', request));
  } catch (error) {
    file?.discard();
    throw error;
  }
  // The original wire protocol has a base URL, whose last segment is the secret.
  const secret = options.original ? new URL(`original/${created.secret}`, target.url).href : created.secret;
  const { token } = created;
  try {
    file?.write(`${secret}\n`);
  } catch (error) {
    throw await withdrawn(target, token.id, file?.path ?? '', error);
  }
  print(io, options.json, { token, file: file?.path ?? null }, () => {
    const what = options.original ? 'base URL' : 'token';
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
