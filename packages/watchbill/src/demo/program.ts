import { fileURLToPath } from 'node:url';
import { MEMBERS } from './cast.ts';

/** How to start the other processes of the demonstration: arguments after the executable of Node. */
export interface Program {
  /**
   * `watchbill serve` with this configuration file, and with the order list of the founding demonstration.
   */
  serve(configFile: string): readonly string[];
  validator(configFile: string): readonly string[];
}

/** The program that runs now: its sources, or the packed command, where everything is one file. */
export function thisProgram(): Program {
  const fromSources = import.meta.url.endsWith('.ts');
  const order = MEMBERS.map((member) => member.node).join(',');
  const main = fromSources ? here('../main.ts') : (process.argv[1] ?? '');
  return {
    serve: (configFile) => [main, 'serve', '--config', configFile, '--demo-order', order],
    validator: (configFile) =>
      fromSources ? [here('./validator-process.ts'), configFile] : [main, 'demo', 'validator', configFile],
  };
}

function here(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
