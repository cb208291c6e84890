import { within } from '@watchbill/kit';
import { argument, type Command, command } from '@watchbill/kit/command/command';
import { candidatesOf } from '@watchbill/kit/command/completion';
import type { Context } from '@watchbill/kit/command/context';
import type { Door } from '@watchbill/kit/command/door';
import { choice, read, repeated } from '@watchbill/kit/command/shapes';
import { SCRIPTS } from './scripts.ts';

/** A person waits for the shell. */
const LONGEST_MS = 300;

/** `completion`: the lines that make a shell complete commands, flags and values. */
export function completionOf(doors: readonly Door[]): Command {
  const words = command({
    about: 'print what may come next on a command line; the shell runs this',
    hidden: true,
    args: { word: argument(repeated(read('word', (given) => given)), 'the words after `watchbill`') },
    examples: ['watchbill completion words -- status --w'],
    run: async (context, { word }) => {
      // A fault would appear in the middle of the line that a person types.
      const found = await candidatesOf(doors, word, context, asking(context)).catch(() => []);
      context.io.out(found.map((line) => `${line}\n`).join(''));
    },
  });
  return command({
    args: { shell: argument(choice('shell', ['bash', 'zsh', 'fish']), 'bash, zsh or fish') },
    commands: { words },
    examples: [
      'source <(watchbill completion bash)   # in ~/.bashrc',
      'source <(watchbill completion zsh)   # in ~/.zshrc, after compinit',
      'watchbill completion fish > ~/.config/fish/completions/watchbill.fish',
    ],
    run: ({ io }, { shell }) => io.out(SCRIPTS[shell]),
  });
}

/** Keys and nodes of the service that the line or the configuration names; none if it does not answer. */
function asking({ io }: Context) {
  return (kind: string, given: ReadonlyMap<string, string>): Promise<readonly string[]> =>
    within('completion', LONGEST_MS, new AbortController().signal, async () => {
      const { askService } = await import('@watchbill/duty/client/api');
      const options = { ...Object.fromEntries(given), json: true, timeoutMs: LONGEST_MS };
      const silent = { ...io, err: () => undefined };
      const { policies } = await askService(silent, options, (api) =>
        api.get<{ policies: { key: string; roster: { name: string }[] }[] }>('/v1/policies'),
      );
      const all = policies.flatMap(({ key, roster }) =>
        kind === 'keys' ? [key] : roster.map(({ name }) => name),
      );
      return [...new Set(all)];
    });
}
