import { nearest, usageFault } from '../index.ts';
import { argument, type Command, command, flag } from './command.ts';
import type { Door, Fill } from './door.ts';
import { manPage, pagesOf } from './man-page.ts';
import { newFolder, writeFolder } from './new-folder.ts';
import { wholeProgram } from './root.ts';
import { file, text } from './shapes.ts';

/** `man`: pages for the manual of the system, from the same table as `--help`. */
export function manOf(doors: readonly Door[]): Command {
  return command({
    args: {
      command: argument(text('command').optional(), 'a command such as `status`; without it, the overview'),
    },
    flags: { out: flag(file('path').optional(), 'write all pages into this new folder') },
    examples: [
      'watchbill man status | man --local-file -',
      'watchbill man --out /usr/local/share/man/man1/watchbill',
    ],
    run: async (context, { command: name, out }) => {
      const { io } = context;
      const known = await Promise.all(doors.map(loaded));
      const installed = doors.filter((_, at) => known[at] !== null);
      const program = wholeProgram(
        installed,
        context,
        known.filter((fill) => fill !== null),
      );
      const pages = pagesOf(program);
      if (out !== undefined) {
        const folder = newFolder(io, out);
        writeFolder(folder, new Map(pages.map((one) => [`${fileOf(one.name())}.1`, manPage(one)])));
        io.out(`${folder}: ${pages.length} pages\n`);
        return;
      }
      const wanted = name ?? program.name();
      const found = pages.find((one) => one.name() === wanted);
      if (found === undefined)
        throw unknown(
          wanted,
          pages.map((one) => one.name()),
        );
      io.out(manPage(found));
    },
  });
}

const fileOf = (name: string) => (name === 'watchbill' ? name : `watchbill-${name}`);

/** Null for an add-on that is not installed: its commands do not run here either. */
async function loaded({ load }: Door): Promise<Fill | null> {
  return load().catch(() => null);
}

function unknown(name: string, names: readonly string[]) {
  const near = nearest(name, names);
  const remedy = near === null ? `the commands are: ${names.join(', ')}` : `did you mean ${near}?`;
  return usageFault(`there is no command ${name}`, remedy, 'argument COMMAND');
}
