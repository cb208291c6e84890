import type { Command } from 'commander';
import { shown, usageFault } from '../index.ts';
import type { Io } from './io.ts';

/** How the commands of one command line print: `-o json`, `-o yaml`, `-o wide`. */
export class OutputFormat {
  #format = '';
  #documentCount = 0;
  #yamlText: ((value: unknown) => string) | null = null;

  /** Gives `-o` to a command that can print JSON. */
  offer(command: Command): void {
    const json = command.options.find(({ long }) => long === '--json');
    if (json === undefined) return;
    const about = 'print JSON, the same as YAML, or the text with each key and hash in full';
    const option = command.createOption('-o, --output <format>', about).choices(['json', 'yaml', 'wide']);
    command.addOption(option).on('option:output', (format: string) => {
      if (this.#format !== '') throw usageFault('-o is given twice', 'give it once', 'flag -o');
      this.#format = format;
      shown.inFull = format === 'wide';
      const before = command.getOptionValue('json');
      if (!shown.inFull) command.setOptionValue('json', json.parseArg?.('', before) ?? true);
    });
  }

  /** Loads what the format needs, before the command runs. */
  async load(): Promise<void> {
    if (this.#format === 'yaml') ({ yamlText: this.#yamlText } = await import('./yaml-text.ts'));
  }

  /** The outputs of a command: it prints JSON, one document in each call. Other texts stay as they are. */
  over(io: Io): Io {
    return { ...io, out: (text) => io.out(this.#shown(text)) };
  }

  #shown(text: string): string {
    if (this.#yamlText === null) return text;
    try {
      const document = this.#yamlText(JSON.parse(text));
      this.#documentCount += 1;
      return this.#documentCount === 1 ? document : `---\n${document}`;
    } catch {
      return text;
    }
  }
}
