// Reads the commands out of a piece of shell, without running it: enough of the grammar for what pages show.

/**
 * A command with its arguments, without quotes. A value that is known only at run time stays as written.
 */
export interface ShellCommand {
  /** Line of the text on which it begins, from 1. */
  readonly line: number;
  readonly words: readonly string[];
}

const KEYWORDS = new Set(['if', 'then', 'else', 'elif', 'do', 'while', 'until', 'time', '!', '{', '}']);
/** Words that begin no command: a list of words follows, or nothing. */
const NO_COMMAND = new Set(['for', 'done', 'fi', 'case', 'esac']);
const ASSIGNMENT = /^[A-Za-z_]\w*\+?=/;

/** Every command of a text, those in `$(…)` and after pipes included, in the order in which they end. */
export function shellCommands(text: string, firstLine = 1): readonly ShellCommand[] {
  const reader = new Reader(text, firstLine);
  reader.commands(null);
  return reader.found;
}

class Reader {
  readonly found: ShellCommand[] = [];
  readonly #text: string;
  readonly #firstLine: number;
  #at = 0;
  /** Ends of here-documents that begin on this line. */
  #heredocs: string[] = [];

  constructor(text: string, firstLine: number) {
    this.#text = text;
    this.#firstLine = firstLine;
  }

  /** Reads up to the bracket that closes this level, or to the end. */
  commands(closing: string | null): void {
    let words: string[] = [];
    let line = this.#line();
    const end = (): void => {
      const own = withoutPrefix(words);
      if (own.length > 0) this.found.push({ line, words: own });
      words = [];
    };
    while (this.#at < this.#text.length) {
      const next = this.#text[this.#at] ?? '';
      if (next === closing) break;
      if (/[;|&()\n]/.test(next)) {
        end();
        this.#at += 1;
        if (next === '\n') this.#skipHeredocs();
      } else if (next === ' ' || next === '\t' || this.#text.startsWith('\\\n', this.#at)) {
        this.#at += next === '\\' ? 2 : 1;
      } else if (next === '#') {
        this.#skip(/[^\n]*/y);
      } else if (!this.#redirection()) {
        if (words.length === 0) line = this.#line();
        words.push(this.#word(closing));
      }
    }
    end();
    this.#at += 1;
  }

  #line(): number {
    return this.#firstLine + this.#text.slice(0, this.#at).split('\n').length - 1;
  }

  #skip(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    if (found !== null) this.#at += found.length;
    return found;
  }

  /** `> file`, `2>&1`, `<<END`; its target is not an argument. */
  #redirection(): boolean {
    const heredoc = this.#skip(/<<-?[ ]*/y);
    if (heredoc !== null) {
      this.#heredocs.push(this.#word(null));
      return true;
    }
    if (this.#skip(/\d*(?:>&|<&)[\d-]/y) !== null) return true;
    if (this.#skip(/\d*(?:>>|>|<)[ ]*/y) === null) return false;
    this.#word(null);
    return true;
  }

  #skipHeredocs(): void {
    for (const end of this.#heredocs) {
      const at = `${this.#text}\n`.indexOf(`\n${end}\n`, this.#at - 1);
      this.#at = at < 0 ? this.#text.length : at + end.length + 2;
    }
    this.#heredocs = [];
  }

  #word(closing: string | null): string {
    let word = '';
    while (this.#at < this.#text.length) {
      const next = this.#text[this.#at] ?? '';
      if (/[\s;|&()<>]/.test(next) || next === closing) break;
      if (next === "'") word += (this.#skip(/'[^']*'?/y) ?? '').replaceAll("'", '');
      else if (next === '"') word += this.#doubleQuoted();
      else if (next === '\\') {
        if (this.#text[this.#at + 1] === '\n') break;
        word += this.#text[this.#at + 1] ?? '';
        this.#at += 2;
      } else word += this.#plain();
    }
    return word;
  }

  #doubleQuoted(): string {
    let word = '';
    this.#at += 1;
    while (this.#at < this.#text.length && this.#text[this.#at] !== '"') {
      if (this.#text[this.#at] === '\\') this.#at += 1;
      word += this.#plain();
    }
    this.#at += 1;
    return word;
  }

  /** One character, or what is put in by the shell: commands in it are read, too. */
  #plain(): string {
    const arithmetic = this.#skip(/\$\(\(.*?\)\)/y);
    if (arithmetic !== null) return arithmetic;
    const begin = this.#at;
    if (this.#skip(/\$\(/y) !== null) {
      this.commands(')');
      return this.#text.slice(begin, this.#at);
    }
    const named = this.#skip(/\$\{[^}]*\}/y);
    if (named !== null) return named;
    this.#at += 1;
    return this.#text[begin] ?? '';
  }
}

function withoutPrefix(words: readonly string[]): readonly string[] {
  const begin = words.findIndex((word) => !KEYWORDS.has(word) && !ASSIGNMENT.test(word));
  const own = begin < 0 ? [] : words.slice(begin);
  return NO_COMMAND.has(own[0] ?? '') ? [] : own;
}
