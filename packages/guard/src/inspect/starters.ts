import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Look, StarterFacts } from '../doctor/facts.ts';
import { looking } from './reading.ts';

/** Configuration of programs that start services: cron, keepalived, monit, supervisord, Pacemaker. */
const PLACES = [
  ...['/etc/crontab', '/etc/cron.d', '/etc/cron.hourly', '/etc/cron.daily', '/var/spool/cron/crontabs'],
  ...['/etc/keepalived', '/etc/monitrc', '/etc/monit', '/etc/monit/conf.d', '/etc/monit.d'],
  ...['/etc/supervisor/conf.d', '/etc/supervisord.d', '/var/lib/pacemaker/cib'],
];
/** A larger file is not a configuration that a person wrote. */
const MOST_BYTES = 256 * 1024;
const MOST_FILES = 500;
const SCRIPT = /\/(?:[\w.-]+\/)*[\w.-]+/g;

interface File {
  readonly path: string;
  readonly lines: readonly string[];
}

/** Reads which programs start a unit. `root` is the root folder of the machine. */
export async function inspectStarters(root: string, unit: string): Promise<Look<StarterFacts>> {
  return looking(async () => {
    const closed: string[] = [];
    const configured = await filesOf(root, await pathsOf(root, closed), closed);
    // A notify script of keepalived, for example, starts the unit in its place.
    const named = configured.flatMap(({ lines }) => lines.flatMap((line) => line.match(SCRIPT) ?? []));
    const known = configured.map(({ path }) => path);
    const scripts = await filesOf(
      root,
      [...new Set(named)].filter((path) => !known.includes(path)),
      closed,
    );
    const isStart = starts(unit.replace(/\.service$/, ''));
    const starters = [...configured, ...scripts].flatMap(({ path, lines }) =>
      lines.flatMap((line, at) => (isStart(line) ? [{ place: `${path}:${at + 1}`, line: line.trim() }] : [])),
    );
    return { starters, closed };
  });
}

/** `systemctl start NAME`, `service NAME restart`, or a resource of Pacemaker. Comments do not count. */
function starts(name: string): (line: string) => boolean {
  const word = name.replace(/[.\\]/g, '\\$&');
  const named = new RegExp(`(?:^|[\\s"'/=])${word}(?:\\.service)?(?:$|[\\s"';&|)])`);
  const resource = new RegExp(`class="systemd".* type="${word}"`);
  return (line) =>
    !/^\s*[#!;]/.test(line) && ((named.test(line) && /\b(?:re)?start\b/.test(line)) || resource.test(line));
}

/** The files of the places. A place that this user cannot read goes to `closed`. */
async function pathsOf(root: string, closed: string[]): Promise<readonly string[]> {
  const all = await Promise.all(
    PLACES.map((place) =>
      unlessClosed(place, closed, async () => {
        const stats = await lstat(join(root, place));
        if (!stats.isDirectory()) return [place];
        return (await readdir(join(root, place))).map((file) => `${place}/${file}`);
      }),
    ),
  );
  return all.flatMap((paths) => paths ?? []).slice(0, MOST_FILES);
}

/** The existing files of these paths. A file that this user cannot read goes to `closed`. */
export async function filesOf(
  root: string,
  paths: readonly string[],
  closed: string[],
): Promise<readonly File[]> {
  const files: File[] = [];
  for (const path of paths.slice(0, MOST_FILES)) {
    const lines = await unlessClosed(path, closed, async () => {
      const stats = await lstat(join(root, path));
      if (!stats.isFile() || stats.size > MOST_BYTES) return null;
      return (await readFile(join(root, path), 'utf8')).split('\n');
    });
    if (lines !== null) files.push({ path, lines });
  }
  return files;
}

/** Null if the place does not exist, or is closed to this user. */
export async function unlessClosed<Value>(
  place: string,
  closed: string[],
  read: () => Promise<Value>,
): Promise<Value | null> {
  try {
    return await read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    closed.push(place);
    return null;
  }
}
