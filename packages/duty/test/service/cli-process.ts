import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { type Command, startCommand } from '@watchbill/testkit/command';

/** What the log says once the session is open. */
const SERVES = /"event":"session","state":"serving"/;

/** A folder in which commands run as real processes. */
export type CommandLine = ReturnType<typeof commandLine>;

/** Made for one test; its processes and files are gone after it. `env` is added to that of this process. */
export function commandLine(context: TestContext, env: Readonly<Record<string, string>> = {}) {
  const commands: Command[] = [];
  // Until they are gone they may write into the folder.
  context.after(() => Promise.all(commands.map(({ stop }) => stop('SIGKILL'))));
  const cwd = temporaryFolder(context);
  const begin = (...args: readonly string[]): Command => {
    const command = startCommand(cwd, args, { env });
    commands.push(command);
    return command;
  };
  return {
    cwd,
    begin,
    run: (...args: readonly string[]) => begin(...args).ended,
    /** `watchbill serve`. Resolves when it may grant: it has its address a moment before. */
    serve: async (...args: readonly string[]) => {
      const service = begin('serve', '--json', ...args);
      await service.says(SERVES);
      const { url } = await service.until('it told its address', () => service.lines[0]);
      return { ...service, url: String(url) };
    },
    /** Every output so far, of every command. */
    transcript: () => commands.map(({ printed }) => printed.all).join(''),
    /** Every secret that a file of the folder holds: tokens, base URLs, private keys. */
    secrets: () => secretsIn(cwd),
  };
}

function secretsIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(token|url|key)$/.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8').trim())
    .flatMap((text) =>
      text.startsWith('-----') ? (text.split('\n')[1] ?? text) : (text.split('/').at(-1) ?? text),
    );
}
