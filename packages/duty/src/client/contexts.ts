// Named services of a person: an address, and the files that show who asks.

import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Fault, nearest, usageFault } from '@watchbill/kit';
import { shapeProblemsOf } from '@watchbill/kit/command/document';
import { readText } from '@watchbill/kit/command/input-file';
import type { Io } from '@watchbill/kit/command/io';
import { inWords } from '@watchbill/kit/command/shape-words';
import { readYaml } from '@watchbill/kit/command/yaml-file';
import { makeFoldersSync, replaceFileSync } from '@watchbill/kit/files';
import { z } from 'zod';

/** One service. File names are absolute. It has a URL or a socket. */
const contextShape = z
  .strictObject({
    url: z.string().optional(),
    socket: z.string().optional(),
    tokenFile: z.string().optional(),
    caFile: z.string().optional(),
    certFile: z.string().optional(),
    keyFile: z.string().optional(),
  })
  .refine(({ url, socket }) => (url === undefined) !== (socket === undefined), 'it needs a url or a socket');

const contextsShape = z.strictObject({
  version: z.literal(1),
  current: z.string().nullable(),
  contexts: z.record(z.string(), contextShape),
});

export type NamedService = z.infer<typeof contextShape>;
/** `current`: the context of commands that name no service, if no configuration file is there. */
export type Contexts = z.infer<typeof contextsShape>;

const NONE: Contexts = { version: 1, current: null, contexts: {} };

/** The file of the contexts: `watchbill/contexts.yaml` in `$XDG_CONFIG_HOME`, or in `~/.config`. */
export function contextsFile({ env, cwd }: Io): string {
  const home = env.XDG_CONFIG_HOME || join(env.HOME || cwd, '.config');
  return join(home, 'watchbill', 'contexts.yaml');
}

/** The contexts of this person; none if there is no file. Throws a fault with each place that is wrong. */
export function readContexts(io: Io): Contexts {
  const file = contextsFile(io);
  if (!existsSync(file)) return NONE;
  const yaml = readYaml(readText(file, { code: 'contexts' }), basename(file));
  const parsed = contextsShape.safeParse(yaml.value, { error: inWords });
  if (yaml.problems.length === 0 && parsed.success) return parsed.data;
  const help = 'correct it, or remove the file and add the contexts again: watchbill context add';
  const problems = parsed.success ? [] : shapeProblemsOf(parsed.error, contextsShape, { yaml, file, help });
  throw new Fault('contexts', 'usage', [...yaml.problems, ...problems]);
}

/** JSON is YAML too. Only this person may read the file: it names files with secrets. */
export function writeContexts(io: Io, contexts: Contexts): string {
  const path = contextsFile(io);
  makeFoldersSync(dirname(path), 0o700);
  replaceFileSync({ path, text: `${JSON.stringify(contexts, null, 2)}\n`, mode: 0o600 });
  return path;
}

/** The context with this name. Throws a usage fault that names the nearest one. */
export function contextOf({ contexts }: Contexts, name: string, where: string): NamedService {
  const found = contexts[name];
  if (found !== undefined) return found;
  const names = Object.keys(contexts);
  const near = nearest(name, names);
  const known = names.length === 0 ? 'add it: watchbill context add' : `choose one of: ${names.join(', ')}`;
  const remedy = near === null ? known : `did you mean ${near}? Or ${known}`;
  throw usageFault(`there is no context ${name}`, remedy, where);
}

/**
 * The named service of a command line: `--context`, else `$WATCHBILL_CONTEXT`. If neither is there, it is
 * the current one, unless `isPlaced`: a flag or a configuration file says where the service is.
 */
export function chosenContext(
  io: Io,
  flag: string | undefined,
  isPlaced: () => boolean,
): NamedService | null {
  if (flag !== undefined) return contextOf(readContexts(io), flag, 'flag --context');
  const named = io.env.WATCHBILL_CONTEXT || null;
  if (named !== null) return contextOf(readContexts(io), named, 'environment WATCHBILL_CONTEXT');
  if (isPlaced()) return null;
  const all = readContexts(io);
  return all.current === null ? null : contextOf(all, all.current, contextsFile(io));
}
