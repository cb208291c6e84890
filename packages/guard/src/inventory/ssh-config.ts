import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Machine } from '../inspect/places.ts';
import type { Inventory } from './place.ts';

const LINE = /^\s*(?<name>host|include|match\s.*?host)(?:\s*=\s*|\s+)(?<value>.*?)\s*(?:\s#.*)?$/i;
const DEEPEST = 16;

/**
 * The hosts of a configuration of ssh: names without a pattern, also in the files of `Include`. The rest,
 * such as HostName, User and Port, is read by `ssh -F FILE NAME`.
 */
export async function sshConfig(file: string, text: string, machine: Machine): Promise<Inventory> {
  const home = homedir();
  const below = file.startsWith('/etc/') ? '/etc/ssh' : join(home, '.ssh');
  const hosts = async (lines: string, depth: number): Promise<readonly string[]> => {
    const all = lines.split('\n').map(async (line) => {
      const { name = '', value = '' } = LINE.exec(line)?.groups ?? {};
      const words = (value.match(/"[^"]*"|[^\s"]+/g) ?? []).map((word) => word.replaceAll('"', ''));
      // `Match originalhost ONE,OTHER exec …`.
      const names = /^host$/i.test(name) ? words : /host$/i.test(name) ? (words[0]?.split(',') ?? []) : [];
      if (/host$/i.test(name)) return names.filter((word) => !/[*?!]/.test(word));
      if (name === '' || depth > DEEPEST) return [];
      const paths = words
        // Of the patterns of a shell, the doctor reads `*`: the others may be fewer files.
        .map((word) => word.replace(/^~/, home).replaceAll(/\?|\[[^\]]*\]/g, '*'))
        .map((word) => (word.startsWith('/') ? word : join(below, word)));
      const files = await machine.files(paths);
      return (await Promise.all(files.map((each) => hosts(each.text, depth + 1)))).flat();
    });
    return (await Promise.all(all)).flat();
  };
  const names = [...new Set(await hosts(text, 0))];
  return {
    targets: names.map((name) => ({ name, at: { host: name }, way: { sshConfig: file } })),
    places: [],
  };
}
