import { basename, dirname, isAbsolute, join } from 'node:path';
import { isList, isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import { anyKeyNameOf } from '../custody/key-name.ts';
import { argvOf, commandOf, expanded, type Variables, variablesOf } from '../inspect/command.ts';
import { keystoresBelow } from '../inspect/keystore.ts';
import type { Machine } from '../inspect/places.ts';
import { flagOf } from '../inspect/processes.ts';
import { environment, record, text } from '../inspect/records.ts';
import { unitFile } from '../inspect/unit-files.ts';
import { type Place, seenPlace, unseen } from './place.ts';

const IN_IMAGE = 'it mounts keys, and its image or a script may have the flags of a signer';
const IN_VARIABLE = 'its command is in a variable, so it may sign';

export interface Program {
  /** For example `compose.yml`, and `compose.yml: service dot`. */
  readonly file: string;
  readonly name: string;
  readonly command: string;
  readonly variables?: Variables;
  /** How many of it may run at the same time. */
  readonly count: number;
  /** Folders in it: from where, which is the identity of the place. Null: it is new in each. */
  readonly mounts: readonly { readonly target: string; readonly source: string | null }[];
}

/** The keystore of a program that signs. Nothing if it does not sign, or runs under the guard. */
export async function keystoreOf(program: Program, machine: Machine): Promise<readonly Place[]> {
  const { file, name, command, variables, count, mounts } = program;
  const { signs, guarded } = commandOf(command, variables);
  if (signs === null) return [unseen(name, IN_VARIABLE)];
  if (guarded) return [];
  if (!signs) {
    const held = mounts.map(({ source }) =>
      source !== null && isAbsolute(source) ? keysBelow(source, machine) : [],
    );
    return (await Promise.all(held)).flat().length === 0 ? [] : [unseen(name, IN_IMAGE)];
  }
  const argv = expanded(command, variables ?? new Map()).split(/[\s"',[\]]+/);
  const base = flagOf(argv, 'keystore-path') ?? flagOf(argv, 'base-path', '-d');
  const isIn = (target: string): boolean => base === target || base?.startsWith(join(target, '/')) === true;
  const mount = mounts
    .filter(({ target }) => isIn(target))
    .toSorted((a, b) => b.target.length - a.target.length)[0];
  const source = mount?.source ?? null;
  const signers = numbered(name, count);
  if (source === null || base === null) {
    const where = base === null ? 'in a folder that its command does not name' : `in ${base} of each`;
    return [{ ...unseen(name, `its keystore is ${where}`), signers: [name] }];
  }
  const folder = isAbsolute(source) ? join(source, base.slice(mount?.target.length)) : null;
  const keys = folder === null ? [] : await keysBelow(folder, machine);
  const unread =
    keys.length === 0 ? `the keys of ${source} are not in a file: look at them on its machine` : null;
  const why = Number.isInteger(count) ? unread : 'how many of it start is in a variable';
  return [seenPlace(`${file}: ${source}`, { identity: source, keys, signers, why })];
}

/** A name for each of several that start at the same time. */
export function numbered(name: string, count: number): readonly string[] {
  const several = Array.from({ length: count || 0 }, (_, at) => `${name}, number ${at + 1}`);
  return several.length > 1 ? several : count === 0 ? [] : [name];
}

async function keysBelow(folder: string, machine: Machine) {
  const folders = [folder, ...(await keystoresBelow(folder))];
  const files = await Promise.all(folders.map((each) => machine.paths(`${each}/*`)));
  return files.flat().flatMap((path) => anyKeyNameOf(basename(path)) ?? []);
}

const IN_COMPOSE = /\$\$|\$\{(\w+)(?::?(?:-([^}]*)|\?[^}]*))?\}|\$(\w+)/g;

/** A value with the variables that a compose file names. An unknown one stays as it is. */
function withVariables(value: Json, known: Variables): Json {
  if (isList(value)) return value.map((each) => withVariables(each, known));
  if (isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([name, own]) => [name, withVariables(own, known)]));
  if (typeof value !== 'string') return value;
  return value.replace(IN_COMPOSE, (whole, braced?: string, usual?: string, bare?: string) =>
    whole === '$$' ? '$' : (known.get(braced ?? bare ?? '') ?? usual ?? whole),
  );
}

/** Services of a compose file, with the variables of its `.env`. */
export async function compose(file: string, value: JsonRecord, machine: Machine): Promise<readonly Place[]> {
  const folder = dirname(file);
  const dotenv = await machine.files([`${folder}/.env`]);
  const known = new Map(dotenv.flatMap((each) => [...variablesOf(each.text)]));
  const filled = record(withVariables(value, known));
  const project = text(filled.name) || basename(folder);
  const others = ['include', 'extends'].filter((each) => JSON.stringify(value).includes(`"${each}":`));
  const overrides = await machine.paths(`${folder}/*compose.override.y*`);
  const services = Object.entries(record(filled.services)).map(async ([name, own]) => {
    const { command, entrypoint, environment: given, env_file, volumes, deploy, scale } = record(own);
    const mounts = (isList(volumes) ? volumes : []).map((each) => {
      const [short = '', at] = typeof each === 'string' ? each.split(':') : [];
      const source = isRecord(each) ? text(each.source) : at === undefined ? '' : short;
      const target = isRecord(each) ? text(each.target) : (at ?? short);
      return { target, source: sourceOf(source, folder, project, record(filled.volumes)[source]) };
    });
    const { mode, replicas = scale ?? 1 } = record(deploy);
    // One on each node of a swarm: at least two.
    const count = mode === 'global' ? 2 : Number(replicas);
    const start = `${text(entrypoint)} ${text(command)}`;
    const paths = (isList(env_file) ? env_file : [env_file ?? []].flat()).map((each) =>
      join(folder, isRecord(each) ? text(each.path) : text(each)),
    );
    const files = await machine.files(paths);
    const variables = new Map([
      ...files.flatMap((each) => [...variablesOf(each.text)]),
      ...environment(given),
    ]);
    const program = { file, name: `${file}: service ${name}`, command: start, variables, count, mounts };
    const gone = paths.filter((path) => !files.some((each) => each.path === path));
    return [
      ...(await keystoreOf(program, machine)),
      ...gone.map((path) => unseen(`${file}: ${path} of service ${name}`, 'it is not there')),
    ];
  });
  const rest = [...others, ...overrides.map((path) => basename(path))];
  return [
    ...(await Promise.all(services)).flat(),
    ...(rest.length === 0
      ? []
      : [unseen(`${file}: ${rest.join(', ')}`, 'give the output of docker compose config')]),
  ];
}

function sourceOf(source: string, folder: string, project: string, volume: Json | undefined): string | null {
  if (source === '') return null;
  if (/^[./~]/.test(source)) return join(isAbsolute(source) ? '/' : folder, source);
  const { name, external } = record(volume);
  return `volume ${text(name) || (external === true ? source : `${project}_${source}`)}`;
}

/** A unit file of systemd. A template starts as many as have a name. */
export async function unit(file: string, own: string, machine: Machine): Promise<readonly Place[]> {
  const { values, variables } = await unitFile(machine, own, [`${file}.d/*.conf`]);
  const command = values('ExecStart').at(-1) ?? '';
  const argv = argvOf(command);
  const base = flagOf(argv, 'keystore-path') ?? flagOf(argv, 'base-path', '-d') ?? '';
  const isTemplate = /@\.service$/.test(file);
  const count = isTemplate && !/%[iIjJn]/.test(base) ? 2 : 1;
  // The machine of the unit is not known: units in one folder are of one machine.
  const mounts = [{ target: base, source: base === '' ? null : `${base} of units in ${dirname(file)}` }];
  return keystoreOf({ file, name: file, command, variables, count, mounts }, machine);
}
