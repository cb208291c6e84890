import { basename } from 'node:path';
import { assignmentsOf, commandOf, expanded, type Variables, variablesOf } from './command.ts';
import type { Machine } from './places.ts';
import { flagOf } from './processes.ts';

export const HOMES = ['/root', '/home/*'];
const SYSTEM = ['/etc', '/run', '/usr/lib', '/lib'].map((place) => `${place}/systemd/system`);
const USERS = [
  ...['/etc/systemd/user', '/run/systemd/user', '/usr/lib/systemd/user'],
  ...HOMES.flatMap((home) => [`${home}/.config/systemd/user`, `${home}/.local/share/systemd/user`]),
];

/** The values of a unit file by name, and its variables with those of its files. */
export async function unitFile(machine: Machine, text: string) {
  const values = (name: string): readonly string[] =>
    [...text.replaceAll('\\\n', ' ').matchAll(new RegExp(`^${name}=-?(.*)$`, 'gm'))].map(([, value = '']) =>
      value.trim(),
    );
  const given = await machine.files(values('EnvironmentFile'));
  const variables: Variables = new Map([
    ...assignmentsOf(values('Environment').join(' ')),
    ...given.flatMap((file) => [...variablesOf(file.text)]),
  ]);
  return { values, variables };
}

/** The units whose command is that of a node. Of two files of one name the last one counts. */
export async function nodeUnits(machine: Machine) {
  const below = async (folders: readonly string[], ofUser: boolean) => {
    const wanted = await Promise.all(folders.map((folder) => machine.paths(`${folder}/*.wants/*.service`)));
    const wants = wanted.flat().map((path) => basename(path));
    const files = await machine.files(folders.map((folder) => `${folder}/*.service`));
    const found = files.map(async ({ path, text }) => {
      const { values, variables } = await unitFile(machine, text);
      const command = expanded(values('ExecStart').at(-1) ?? '', variables);
      const argv = command.split(/\s+/);
      const { signs, guarded } = commandOf(command);
      const isNode = flagOf(argv, 'base-path', '-d') !== null && flagOf(argv, 'chain') !== null;
      if (signs !== true && !isNode) return [];
      const unit = basename(path);
      const own = { unit, ofUser, place: path, argv, signs, guarded };
      // `enabled`: a target wants it.
      return [{ ...own, enabled: wants.includes(unit), restart: values('Restart').at(-1) ?? '' }];
    });
    const units = (await Promise.all(found)).flat();
    return [...new Map(units.map((each) => [each.unit, each])).values()];
  };
  return [...(await below(SYSTEM, false)), ...(await below(USERS, true))];
}

/** A unit, of the machine or of a user, whose command runs a node. */
export type NodeUnit = Awaited<ReturnType<typeof nodeUnits>>[number];
