import { argument, type Command, command } from './command.ts';
import { type AskValues, candidatesOf } from './completion.ts';
import { SCRIPTS } from './completion-scripts.ts';
import type { Context } from './context.ts';
import type { Door } from './door.ts';
import { choice, read, repeated } from './shapes.ts';

/** `completion`: the lines that make a shell complete commands, flags and values. */
export function completionOf(doors: readonly Door[], asking: (context: Context) => AskValues): Command {
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
