import { Fault, type Problem } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import { print } from '@watchbill/kit/command/print';
import { renderWarnings } from '@watchbill/kit/command/read-secret';
import type { Command } from 'commander';
import { inspectFiles } from '../../config/files.ts';
import { loadConfig } from '../../config/load.ts';
import { addConfigOptions, configFlags } from '../../config/options.ts';

/** `config check`: everything that is wrong at once; 0 or 2. */
export function addConfigCheck(parent: Command, { io }: Context): void {
  const command = parent.command('check').description('check the configuration and the files it names');
  addConfigOptions(command)
    .option('--json', 'print JSON')
    .action((options: { json?: boolean }) => {
      const loaded = loadConfig(io, configFlags(options as Record<string, unknown>));
      const { problems, warnings } = inspectFiles(loaded);
      if (problems.length > 0) throw new Fault('config', 'usage', problems);
      const all = [...warnings, ...memoryWarning(loaded.config.store.kind)];
      const name = loaded.file ?? 'the configuration (no file, defaults only)';
      print(io, options.json, { ok: true, file: loaded.file, warnings: all }, () => `${name} is valid\n`);
      if (options.json !== true) io.err(renderWarnings(all));
    });
  withExamples(command, [
    'watchbill config check',
    'watchbill config check --config /etc/watchbill.yaml --json',
  ]);
}

function memoryWarning(kind: string): Problem[] {
  if (kind !== 'memory') return [];
  return [
    {
      what: 'the memory store forgets every grant when the service stops',
      where: null,
      remedy: 'use it for tests and demonstrations only; set store.kind to sqlite, etcd or tikv',
    },
  ];
}
