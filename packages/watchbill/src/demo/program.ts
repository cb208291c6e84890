import { fileURLToPath } from 'node:url';
import { MEMBERS } from './cast.ts';

export type Program = ReturnType<typeof thisProgram>;

/**
 * How to start the other processes of the demonstration, as arguments after the executable of Node: from the
 * sources, or by the packed command, where everything is one file.
 */
export function thisProgram() {
  const fromSources = import.meta.url.endsWith('.ts');
  const order = MEMBERS.map((member) => member.node).join(',');
  const main = fromSources ? here('../main.ts') : (process.argv[1] ?? '');
  return {
    /** `watchbill serve`, with the order list of the founding demonstration. */
    serve: (configFile: string): readonly string[] => [
      ...[main, 'serve', '--config', configFile],
      ...['--demo-order', order],
    ],
    validator: (configFile: string): readonly string[] =>
      fromSources ? [here('./validator-process.ts'), configFile] : [main, 'demo', 'validator', configFile],
  };
}

function here(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
