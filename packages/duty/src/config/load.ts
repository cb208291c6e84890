import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { Fault, fault, type Problem } from '@watchbill/kit';
import { readText } from '@watchbill/kit/command/input-file';
import type { Io } from '@watchbill/kit/command/io';
import { inWords } from '@watchbill/kit/command/shape-words';
import { readYaml, type YamlText } from '@watchbill/kit/command/yaml-file';
import { crossChecks } from './checks.ts';
import { FIELDS } from './fields.ts';
import { givenByEnvironment, givenByFlags } from './given.ts';
import { type Given, type Origin, PRECEDENCE } from './origin.ts';
import { type Config, configSchema } from './schema.ts';
import { shapeProblems } from './shape-problems.ts';
import { givenByStoreUrl } from './store-url.ts';
import { getAt, isRecord, setAt } from './tree.ts';

/** Flags of the command line about the configuration. */
export interface ConfigFlags {
  /** `--config FILE` */
  readonly config?: string | undefined;
  /** `--store URL` */
  readonly store?: string | undefined;
  /** Texts by field path, from `--service-listen-port` and its like. */
  readonly fields?: Readonly<Record<string, string>> | undefined;
}

/** The effective configuration. File names in it are absolute. */
export interface LoadedConfig {
  readonly config: Config;
  /** The file that was read, or null if there is none. */
  readonly file: string | null;
  readonly originOf: (path: string) => Origin;
}

/**
 * Puts flags, environment, file and defaults together, in this order of precedence. Throws a {@link Fault}
 * that lists everything that is wrong.
 */
export function loadConfig(io: Io, flags: ConfigFlags = {}): LoadedConfig {
  const found = findFile(io, flags.config);
  const yaml = found === null ? null : readYaml(readText(found, { code: 'config' }), basename(found));
  const environment = givenByEnvironment(io.env);
  const given = [
    ...environment.given,
    ...(flags.store === undefined ? [] : givenByStoreUrl(flags.store)),
    ...givenByFlags(flags.fields ?? {}),
  ];
  const originOf = origins(yaml, found, given);
  const tree = withoutEmptySections(yaml?.value ?? {});
  for (const { path, value } of given) setAt(tree, path.split('.'), value);
  chooseListener(tree, originOf);
  // Read once: the code that zod would compile for it takes longer than the whole reading.
  const parsed = configSchema.safeParse(tree, { jitless: true, error: inWords });
  const file = found === null ? 'watchbill.yaml' : basename(found);
  const problems: Problem[] = [
    ...(yaml?.problems ?? []),
    ...environment.problems,
    ...(parsed.success ? [] : shapeProblems(parsed.error, { originOf, yaml, file })),
    ...crossChecks(tree, originOf),
  ];
  if (!parsed.success || problems.length > 0) throw new Fault('config', 'usage', problems);
  return { config: absolutePaths(parsed.data, found, originOf, io.cwd), file: found, originOf };
}

/** The configuration file of a command line, or null. Throws a fault if one that was named is missing. */
export function findFile(io: Io, flag: string | undefined): string | null {
  const named = flag ?? (io.env.WATCHBILL_CONFIG || undefined);
  const path = resolve(io.cwd, named ?? 'watchbill.yaml');
  if (existsSync(path)) return path;
  if (named === undefined) return null;
  const where = flag === undefined ? 'environment WATCHBILL_CONFIG' : 'flag --config';
  throw fault('config', 'usage', {
    what: `there is no file ${named}`,
    where,
    remedy: 'name an existing file, or make one with `watchbill init`',
  });
}

/** `store:` without a value (or with only comments below it) is an empty section. */
function withoutEmptySections(value: unknown, path = ''): Record<string, unknown> {
  if (!isRecord(value)) return value as Record<string, unknown>;
  const isSection = (name: string) => FIELDS.some((field) => field.path.startsWith(`${path}${name}.`));
  const entries = Object.entries(value).map(([name, child]) => {
    if (!isSection(name)) return [name, child];
    return [name, child === null ? {} : withoutEmptySections(child, `${path}${name}.`)];
  });
  return Object.fromEntries(entries);
}

function origins(yaml: YamlText | null, file: string | null, given: readonly Given[]) {
  return (path: string): Origin => {
    const last = given.findLast((candidate) => candidate.path === path);
    if (last !== undefined) return last.origin;
    const keys = path.split('.');
    if (yaml === null || file === null || getAt(yaml.value, keys) === undefined) return { kind: 'default' };
    return { kind: 'file', file: basename(file), ...yaml.positionOf(keys) };
  };
}

/**
 * A socket and an address exclude each other; the one said with more weight stands. Equal weight is a
 * problem.
 */
function chooseListener(tree: Record<string, unknown>, originOf: (path: string) => Origin): void {
  const weight = (name: string) => PRECEDENCE.indexOf(originOf(`service.listen.${name}`).kind);
  const listen = getAt(tree, ['service', 'listen']);
  if (!isRecord(listen) || weight('socket') === 0) return;
  for (const name of ['host', 'port']) if (weight(name) < weight('socket')) delete listen[name];
  if (weight('socket') < Math.max(weight('host'), weight('port'))) delete listen.socket;
}

function absolutePaths(
  config: Config,
  file: string | null,
  originOf: (path: string) => Origin,
  cwd: string,
): Config {
  const copy = structuredClone(config) as Record<string, unknown>;
  for (const field of FIELDS.filter(({ isPath }) => isPath)) {
    const keys = field.path.split('.');
    const value = getAt(copy, keys);
    if (typeof value !== 'string') continue;
    const kind = originOf(field.path).kind;
    const besideFile = file !== null && (kind === 'file' || kind === 'default');
    setAt(copy, keys, resolve(besideFile ? dirname(file) : cwd, value));
  }
  return copy as Config;
}
