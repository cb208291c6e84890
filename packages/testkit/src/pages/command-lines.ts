// Command lines of `watchbill` in pages.

import { BLOCK, contentOf } from './page-run.ts';
import { type ShellCommand, shellCommands } from './shell.ts';

/** Programs that start another one, which stands in their arguments. */
const STARTERS = new Set(['node', 'npx', 'sudo', 'nohup', 'exec', 'kubectl', 'ssh', 'timeout', 'runuser']);
const SELF = /(?:^|\/)watchbill(?:\.mjs)?$/;

/**
 * Every shell command of the blocks of a page: all of `sh`, what units start, and elsewhere what stands after
 * `$ `.
 */
export function blockCommands(page: string): readonly ShellCommand[] {
  return [...page.matchAll(BLOCK)].flatMap((block) => {
    const [, , language = ''] = block;
    const text = contentOf(block);
    // The line of the page on which the text begins, from 1.
    const line = page.slice(0, block.index).split('\n').length + 1;
    if (language === 'sh') return shellCommands(text, line);
    const prompt =
      { ini: /^Exec\w+=(.*)$/, '': /^(?:\$ )?(watchbill .*?)(?: {2}.*)?$/ }[language] ?? /^\$ (.*)$/;
    return shellCommands(promptedOnly(text, prompt), line);
  });
}

/** The commands at a prompt with the lines on which they go on; the other lines become empty. */
function promptedOnly(text: string, prompt: RegExp): string {
  let goesOn = false;
  const kept = text.split('\n').map((line) => {
    const taken = prompt.exec(line)?.[1] ?? (goesOn ? line : '');
    goesOn = taken.endsWith('\\');
    return taken;
  });
  return kept.join('\n');
}

/** The arguments that a shell command gives to `watchbill`, or null for another program. */
export function argumentsOf({ words }: ShellCommand): readonly string[] | null {
  const at = words.findIndex((word) => SELF.test(word));
  if (at < 0 || (at > 0 && !STARTERS.has(words[0] ?? ''))) return null;
  return words.slice(at + 1);
}

/** The texts between backticks in sentences of a page. */
function inlineCode(page: string): readonly { readonly line: number; readonly code: string }[] {
  const prose = page.replace(/^```[\s\S]*?^```$/gm, (block) => block.replace(/[^\n]/g, ''));
  return prose
    .split('\n')
    .flatMap((text, at) =>
      [...text.matchAll(/`([^`]+)`/g)].map(({ 1: code = '' }) => ({ line: at + 1, code })),
    );
}

/** Commands named in the sentences of a page, as `watchbill …` or by the words after it. */
export function mentions(
  page: string,
): readonly { readonly line: number; readonly args: readonly string[] }[] {
  return inlineCode(page).flatMap(({ line, code }) => {
    const words = shellCommands(code.replace(/ ?(?:\[options\]|<[\w-]+>)/g, ''))[0]?.words ?? [];
    const args = words[0] === 'watchbill' ? words.slice(1) : GROUPS.has(words[0] ?? '') ? words : [];
    return args.length === 0 ? [] : [{ line, args }];
  });
}

/** Flags named in the sentences of a page, alone or with a command. */
export function proseFlags(page: string): readonly { readonly line: number; readonly flag: string }[] {
  return inlineCode(page).flatMap(({ line, code }) =>
    [...code.matchAll(/(?<=^|[ |])--[a-z][\w.-]*/g)].map(([flag]) => ({ line, flag })),
  );
}

/** First words of commands that are named without `watchbill` before them. */
const GROUPS = new Set(['fleet', 'nominate', 'coordinate']);
