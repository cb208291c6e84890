import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const ROOT = fileURLToPath(new URL('../../../..', import.meta.url)).replace(/\/$/, '');

/** The line by which every page installs the command. test/stories/pack.test.ts runs it as it is printed. */
export const INSTALL = 'npm install -g "$(node scripts/pack.mjs)"';

/** The line of the page about systemd; packages/watchbill/test/install/systemd.test.ts runs it. */
export const INSTALL_TARBALL = 'npm install --global --offline ./watchbill-0.1.0.tgz';

/** The line after {@link INSTALL}, on pages about the commands of an add-on. */
export const INSTALL_ADD_ON =
  /^npm install -g "\$\(node scripts\/pack\.mjs --add-on (fleet|nominate|coordinate)\)"\n/m;

/** The command from the sources, in a folder for `PATH`. It takes the place of the installed one. */
const FROM_SOURCES = `PATH='${ROOT}/packages/testkit/command':"$PATH"`;

/** A block of commands of a page, with the output that the page shows under it. */
export interface Step {
  readonly page: string;
  /** The heading that it stands under. */
  readonly heading: string;
  /** Line of the page on which the commands begin, from 1. */
  readonly line: number;
  readonly commands: string;
  /** Null where the page shows none. */
  readonly shown: string | null;
}

/** A block between fences: its indentation, language and text. */
export const BLOCK = /^( *)```(\w*)[^\n]*\n([\s\S]*?)^\1```$/gm;
const blank = (text: string): string => text.replaceAll(/[^\n]/g, ' ');

/** The text of a page; of `docs/a.md#b-c` only what is under its heading `## B c`, the rest is blank. */
export function pageText(page: string): string {
  const [file = '', part] = page.split('#');
  const text = readFileSync(join(ROOT, file), 'utf8');
  if (part === undefined) return text;
  const prose = text.replaceAll(BLOCK, blank);
  const from = prose.search(new RegExp(`^## ${part.replaceAll('-', '\\W+')}\\W*$`, 'im'));
  if (from < 0) throw new Error(`${file} has no part ${part}`);
  const to = /^## /m.exec(blank(prose.slice(0, from + 1)) + prose.slice(from + 1))?.index ?? text.length;
  return blank(text.slice(0, from)) + text.slice(from, to) + blank(text.slice(to));
}

/**
 * The blocks marked `sh` of a page, each with the block marked `text` that follows before the next one; and
 * each block marked `yaml` whose first line is a comment with the name of a file, which a reader saves under
 * that name.
 */
export function stepsOf(page: string): readonly Step[] {
  const text = pageText(page);
  const blocks = [...text.matchAll(/^( *)```(sh|text|yaml)\n([\s\S]*?)^\1```$/gm)];
  return blocks.flatMap((block, index) => {
    const [, , language] = block;
    const content = contentOf(block);
    const file = language === 'yaml' ? /^# (\S+\.yaml)\n/.exec(content)?.[1] : undefined;
    if (language !== 'sh' && file === undefined) return [];
    const next = blocks[index + 1];
    const before = text.slice(0, block.index);
    return [
      {
        page,
        heading: headingAt(text, block.index),
        line: before.split('\n').length + 1,
        commands: file === undefined ? content : `cat > ${file} <<'END-OF-FILE'\n${content}END-OF-FILE\n`,
        shown: language === 'sh' && next?.[2] === 'text' ? contentOf(next) : null,
      },
    ];
  });
}

/** A command at a prompt of a page, with the lines on which it goes on. */
export interface Prompt {
  readonly page: string;
  /** The heading that it stands under. */
  readonly heading: string;
  readonly commands: string;
  /** The lines that the page shows as its output; empty where it shows none. */
  readonly shown: string;
}

/** The commands after `$ ` in the blocks marked `console` of a page, for example `sudo systemctl stop …`. */
export function promptsOf(page: string): readonly Prompt[] {
  const text = pageText(page);
  const blocks = [...text.matchAll(BLOCK)].filter(([, , language]) => language === 'console');
  return blocks.flatMap((block) =>
    [...contentOf(block).matchAll(/^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)/gm)].map(
      ([, commands = '', shown = '']) => ({ page, heading: headingAt(text, block.index), commands, shown }),
    ),
  );
}

/** The blocks of a language under a heading of a page, for example the settings marked `ini`. */
export function blocksUnder(page: string, heading: string, language: string): readonly string[] {
  const text = pageText(page);
  return [...text.matchAll(BLOCK)]
    .filter((block) => block[2] === language && headingAt(text, block.index) === heading)
    .map(contentOf);
}

/** A line such as `# network.yaml` in a block is no heading. */
function headingAt(text: string, index: number): string {
  return (
    [
      ...text
        .slice(0, index)
        .replaceAll(BLOCK, '')
        .matchAll(/^#+ (.+)$/gm),
    ].at(-1)?.[1] ?? ''
  );
}

/** Without the indentation of a block that stands in a list. */
export function contentOf([, indent = '', , content = '']: RegExpExecArray): string {
  return content.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
}

/** The sources hold every add-on. */
function withSources(commands: string): string {
  return commands.replace(INSTALL, () => FROM_SOURCES).replace(INSTALL_ADD_ON, '');
}

export type Shell = 'bash' | 'zsh';

export interface PageRun {
  /** The output of each step, standard output and standard error together, in the order of the steps. */
  readonly outputs: readonly string[];
  readonly exitCode: number | null;
}

/**
 * Runs the steps one after another in one shell, as a reader who pastes them does. Background jobs that are
 * left are ended with the shell. The shell is killed after the time.
 */
export async function runSteps(
  steps: readonly Step[],
  options: {
    readonly env: Readonly<Record<string, string>>;
    readonly timeoutMs: number;
    /** bash unless set. */
    readonly shell?: Shell;
    /** Words before the shell, which take it to another machine. */
    readonly over?: readonly string[];
  },
): Promise<PageRun> {
  const { shell = 'bash', over = [] } = options;
  const [program = shell, ...words] = [...over, shell, '-s'];
  const mark = `--- end of step ${process.pid}-${Date.now()} ---`;
  const script = [
    // In zsh the words between the process ids make harmless errors.
    "trap 'kill -9 $(jobs -p) 2> /dev/null' EXIT",
    'exec 2>&1',
    ...steps.map(({ commands }) => `${withSources(commands)}printf '%s\\n' '${mark}'\n`),
  ].join('\n');
  const child = spawn(program, words, {
    cwd: ROOT,
    env: { ...ownEnvironment(), ...options.env },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: options.timeoutMs,
  });
  // A shell that ends before it has read all its input: the output shows where.
  child.stdin.on('error', () => undefined);
  child.stdin.end(script);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { outputs: output.split(`${mark}\n`).slice(0, -1), exitCode };
}

/** The environment of this process without settings of watchbill: a reader has none. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('WATCHBILL_')));
}
