import { table } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { print } from '@watchbill/kit/command/print';
import type { Command } from 'commander';
import { FIELDS } from '../../config/fields.ts';
import { loadConfig } from '../../config/load.ts';
import { addConfigOptions, configFlags } from '../../config/options.ts';
import { originText } from '../../config/origin.ts';
import { getAt } from '../../config/tree.ts';

/**
 * `config print`: each effective value and its origin. Secrets appear as the names of their files.
 */
export function addConfigPrint(parent: Command, { io }: Context): void {
  const command = parent.command('print').description('print every effective value and its origin');
  addConfigOptions(command)
    .option('--json', 'print JSON')
    .action((options: { json?: boolean }) => {
      const { config, file, originOf } = loadConfig(io, configFlags(options as Record<string, unknown>));
      const values = FIELDS.map(({ path }) => ({
        path,
        value: getAt(config, path.split('.')) ?? null,
        from: originText(originOf(path)),
      }));
      print(io, options.json, { file, values }, () =>
        table(
          ['setting', 'value', 'from'],
          values.map(({ path, value, from }) => [path, valueText(value), value === null ? '' : from]),
        ),
      );
    });
  withExamples(command, [
    'watchbill config print',
    'WATCHBILL_SERVICE_LISTEN_PORT=9000 watchbill config print --log-level debug',
  ]);
}

function valueText(value: unknown): string {
  if (value === null) return '-';
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}
