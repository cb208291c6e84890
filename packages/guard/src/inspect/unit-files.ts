import { basename, dirname } from 'node:path';
import { argvOf, assignmentsOf, commandOf, expanded, type Variables, variablesOf } from './command.ts';
import { type Machine, machineAt } from './places.ts';
import { flagOf } from './processes.ts';

export const HOMES = ['/root', '/home/*'];
const SYSTEM = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'].map((at) => `${at}/systemd/system`);
const USERS = [
  ...['/etc/systemd/user', '/run/systemd/user', '/usr/lib/systemd/user'],
  ...HOMES.flatMap((home) => [`${home}/.config/systemd/user`, `${home}/.local/share/systemd/user`]),
];
/** A comment may be within a command of several lines. */
const CONTINUED = /\\\n(?:[ \t]*[#;].*\n)*/g;
/** The path of a file in a line of a script or of a configuration. */
export const SCRIPT = /\/(?:[\w.-]+\/)*[\w.-]+/g;

const same = (text: string): string => text;

/** The values of a unit file and its drop-ins by name, and its variables with those of its files. */
export async function unitFile(machine: Machine, own: string, dropIns: readonly string[], fill = same) {
  const more = (await machine.files(dropIns)).toSorted((a, b) =>
    basename(a.path) < basename(b.path) ? -1 : 1,
  );
  const text = fill([own, ...more.map((each) => each.text)].join('\n').replaceAll(CONTINUED, ' '));
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

/** The scripts that a command runs, without comments: a script may have the flags of the node. */
export async function scriptsOf({ root, closed }: Machine, command: string): Promise<string> {
  // Most of these are programs, so that what is not understood says nothing.
  const beside = machineAt(root);
  const files = await beside.files(command.split(' --')[0]?.match(SCRIPT) ?? []);
  closed.push(...beside.closed);
  const scripts = files.filter(({ text }) => text.startsWith('#!'));
  return scripts.map(({ text }) => text.replace(/^\s*#.*$/gm, '')).join('\n');
}

/** The units whose command is that of a node. */
export async function nodeUnits(machine: Machine) {
  const below = async (folders: readonly string[], ofUser: boolean) => {
    // Folders `.wants`, `.requires` and `.upholds`.
    const links = await Promise.all(folders.map((folder) => machine.paths(`${folder}/*.*s/*.service`)));
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
      const scripts = await scriptsOf(machine, start);
      const known: Variables = new Map([...variablesOf(scripts), ...variables]);
      const command = expanded(`${start}\n${scripts}`, known);
      const argv = argvOf(command);
      const { signs, guarded } = commandOf(command);
      const isNode = flagOf(argv, 'base-path', '-d') !== null && flagOf(argv, 'chain') !== null;
      if (commandOf(start, known).signs === null && !packaged.has(text))
        machine.unknown.push(`${path}: the command is in a variable`);
      if (signs !== true && !isNode) return [];
      const own = { unit, ofUser, place: path, argv, signs, guarded };
      // `enabled`: a target wants it.
      return [{ ...own, enabled: wanted.includes(unit), restart: values('Restart').at(-1) ?? '' }];
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
  const names = end === undefined ? [] : wanted.filter((name) => name.startsWith(stem) && name !== unit);
  return (names.length === 0 ? [unit] : names).map((name) => {
    const instance = name === unit ? '%i' : name.slice(stem.length, -'.service'.length);
    const fill = (each: string): string => each.replaceAll('%h', home).replaceAll(/%[iI]/g, instance);
    return { unit: name, path, text, fill };
  });
}

/** A unit, of the machine or of a user, whose command runs a node. */
export type NodeUnit = Awaited<ReturnType<typeof nodeUnits>>[number];
