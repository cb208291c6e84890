import { basename, dirname } from 'node:path';
import { argvOf, assignmentsOf, commandOf, expanded, type Variables, variablesOf } from './command.ts';
import { type Machine, machineAt } from './places.ts';
import { flagOf } from './processes.ts';

export const HOMES = ['/root', '/home/*'];
const OWN = [
  ...['/etc', '/run', '/usr/local/lib'].map((at) => `${at}/systemd/system`),
  '/run/systemd/transient',
];
const SYSTEM = [...OWN, '/usr/lib/systemd/system', '/lib/systemd/system'];
const USERS = [
  ...['/etc/systemd/user', '/run/systemd/user', '/usr/lib/systemd/user'],
  ...HOMES.flatMap((home) => [`${home}/.config/systemd/user`, `${home}/.local/share/systemd/user`]),
];
/** Units that are not of a distribution, and their drop-ins. */
export const UNITS = [...OWN, ...USERS].flatMap((at) => [`${at}/*.service`, `${at}/*.service.d/*.conf`]);
/** A comment may be within a command of several lines. */
const CONTINUED = /\\\n(?:[ \t]*[#;].*\n)*/g;
/** The path of a file in a script or a configuration, and the name of a script or a compose file. */
const NAMED =
  /(?:(?:~|%h|\$HOME|\$\{HOME\})?|(?<!\w)\.)\/(?:[\w.-]+\/)*[\w.-]+|(?<![\w./-])[\w.-]+\.(?:sh|bash|py|ya?ml)\b/g;
const FOLDERS = /(?:\bcd|WorkingDirectory=-?)[ \t]*["']?([^\s"';&|]+)/g;
const COMPOSE_UP = /\bcompose\b.*\s(?:up|start|restart|run)\b/;
/** A compose file, or the variables beside it. */
export const OF_COMPOSE = /compose[^/]*\.ya?ml$|\/\.env$/;

/**
 * The files that a text names: scripts, and the compose files that it starts. It runs in one of these
 * folders, or in those that it names.
 */
export function namedIn(text: string, folders: readonly string[]): readonly string[] {
  const placesOf = (path: string, at: readonly string[]): readonly string[] => {
    const { inHome, rest = path } = /^(?<inHome>~|%h|\$\{?HOME\}?|\.)\/(?<rest>.*)$/.exec(path)?.groups ?? {};
    if (inHome === undefined && path.startsWith('/')) return [path];
    return (inHome === undefined || inHome === '.' ? at : HOMES).map((folder) => `${folder}/${rest}`);
  };
  const own = [...text.matchAll(FOLDERS)].flatMap(([, path = '']) => placesOf(path, HOMES));
  const all = [...new Set([...own, ...folders])];
  const compose = COMPOSE_UP.test(text) ? ['*compose*.y*', '.env'] : [];
  return [
    ...(text.match(NAMED) ?? []).flatMap((path) => placesOf(path, all)),
    ...compose.flatMap((name) => placesOf(name, all)),
  ];
}

const same = (text: string): string => text;

/** The values of a unit file and its drop-ins by name, and its variables with those of its files. */
export async function unitFile(machine: Machine, own: string, dropIns: readonly string[], fill = same) {
  const more = (await machine.files(dropIns)).toSorted((a, b) =>
    basename(a.path) < basename(b.path) ? -1 : 1,
  );
  const whole = fill([own, ...more.map((each) => each.text)].join('\n').replaceAll(CONTINUED, ' '));
  const text = whole.replace(/^[ \t]*[#;].*$/gm, '');
  const values = (name: string): readonly string[] => {
    const lines = text.matchAll(new RegExp(`^[ \\t]*${name}[ \\t]*=[ \\t]*-?(.*)$`, 'gm'));
    const all = [...lines].map(([, value = '']) => value.trim());
    // An empty value takes back all before it.
    return all.slice(all.lastIndexOf('') + 1);
  };
  const given = await machine.files(values('EnvironmentFile'));
  const variables: Variables = new Map([
    ...assignmentsOf(values('Environment').join(' ')),
    ...given.flatMap((file) => [...variablesOf(file.text)]),
  ]);
  return { text, values, variables };
}

/**
 * The scripts and compose files that a command runs in a folder, without comments: they may have the flags of
 * the node.
 */
export async function scriptsOf({ root, closed }: Machine, command: string, folder: string): Promise<string> {
  // Most of these are programs, so that what is not understood says nothing.
  const beside = machineAt(root);
  const own = COMPOSE_UP.test(command) ? command : (command.split(' --')[0] ?? '');
  const files = await beside.files(namedIn(own, folder.startsWith('/') ? [folder] : HOMES));
  closed.push(...beside.closed);
  const scripts = files.filter(({ path, text }) => text.startsWith('#!') || OF_COMPOSE.test(path));
  return scripts.map(({ text }) => text.replace(/^\s*#.*$/gm, '')).join('\n');
}

/** The units whose command is that of a node. */
export async function nodeUnits(machine: Machine) {
  const below = async (folders: readonly string[], ofUser: boolean) => {
    // Folders `.wants`, `.requires` and `.upholds`.
    const links = await Promise.all(folders.map((folder) => machine.paths(`${folder}/*.*s/*`)));
    const wanted = links.flat().map((path) => basename(path));
    const files = await machine.files(folders.map((folder) => `${folder}/*.service`));
    // Units of a distribution, also by another name, have variables and start no node.
    const packaged = new Set(files.flatMap(({ path, text }) => (path.includes('/lib/') ? [text] : [])));
    // Of two files of the machine with one name, the first counts; users have separate ones.
    const first = new Map(files.toReversed().map((file) => [ofUser ? file.path : basename(file.path), file]));
    const all = [...first.values()].toReversed().flatMap((file) => instancesOf(file, wanted));
    const found = all.map(async ({ unit, path, text, fill }) => {
      const places = ofUser ? ['/etc/systemd/user', dirname(path)] : folders;
      const dropIns = places.flatMap((at) => [basename(path), unit].map((name) => `${at}/${name}.d/*.conf`));
      const { values, variables } = await unitFile(machine, text, dropIns, fill);
      const start = values('ExecStart').at(-1) ?? '';
      const scripts = await scriptsOf(machine, start, values('WorkingDirectory').at(-1) ?? '');
      const known: Variables = new Map([...variablesOf(scripts), ...variables]);
      const command = expanded(`${start}\n${scripts}`, known);
      const argv = argvOf(command);
      const { signs, guarded } = commandOf(command);
      const isNode = flagOf(argv, 'base-path', '-d') !== null && flagOf(argv, 'chain') !== null;
      if (commandOf(start, known).signs === null && !packaged.has(text))
        machine.unknown.push(`${path}: the command is in a variable`);
      if (signs !== true && !isNode) return [];
      const own = { unit, ofUser, place: path, argv, signs, guarded };
      // `enabled`: a target wants it, or what starts it.
      const starters = ['service', 'timer', 'path', 'socket'].map((end) => unit.replace(/service$/, end));
      const enabled = starters.some((each) => wanted.includes(each));
      return [{ ...own, enabled, restart: values('Restart').at(-1) ?? '' }];
    });
    return (await Promise.all(found)).flat();
  };
  return [...(await below(SYSTEM, false)), ...(await below(USERS, true))];
}

/** The file of a template stands for each of its instances that something wants. */
function instancesOf(
  { path, text }: { readonly path: string; readonly text: string },
  wanted: readonly string[],
) {
  const [unit, home] = [basename(path), /^\/home\/[^/]+/.exec(path)?.[0] ?? '/root'];
  const [stem = '', end] = unit.split(/(?<=@)(?=\.service$)/);
  const names =
    end === undefined
      ? []
      : wanted.filter((name) => name.startsWith(stem) && name.endsWith('.service') && name !== unit);
  return (names.length === 0 ? [unit] : names).map((name) => {
    const instance = name === unit ? '%i' : name.slice(stem.length, -'.service'.length);
    const fill = (each: string): string => each.replaceAll('%h', home).replaceAll(/%[iI]/g, instance);
    return { unit: name, path, text, fill };
  });
}

/** A unit, of the machine or of a user, whose command runs a node. */
export type NodeUnit = Awaited<ReturnType<typeof nodeUnits>>[number];
