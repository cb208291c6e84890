import { Fault } from '@watchbill/kit';
import { command, flag } from '@watchbill/kit/command/command';
import { print } from '@watchbill/kit/command/print';
import { renderWarnings } from '@watchbill/kit/command/read-secret';
import { yes } from '@watchbill/kit/command/shapes';
import { inspectFiles } from '../../config/files.ts';
import { loadConfig } from '../../config/load.ts';
import { configFlags, configuration } from '../../config/options.ts';

/** `config check`: everything that is wrong at once; 0 or 2. */
export const check = command({
  about: 'check the configuration and the files it names',
  flags: { ...configuration, json: flag(yes(), 'print JSON') },
  examples: ['watchbill config check', 'watchbill config check --config /etc/watchbill.yaml --json'],
  run: ({ io }, { json, ...options }) => {
    const loaded = loadConfig(io, configFlags(options));
    const { problems, warnings } = inspectFiles(loaded);
    if (problems.length > 0) throw new Fault('config', 'usage', problems);
    const name = loaded.file ?? 'the configuration (no file, defaults only)';
    print(io, json, { ok: true, file: loaded.file, warnings }, () => `${name} is valid\n`);
    if (!json) io.err(renderWarnings(warnings));
  },
});
