import type { Io } from '@watchbill/kit/command/io';
import type { LoadedConfig } from '../../config/load.ts';

/** For people in a terminal, and JSON for the journal of systemd, unless the configuration says it. */
export function logFormat(
  { outIsTerminal, env }: Pick<Io, 'outIsTerminal' | 'env'>,
  { config, originOf }: Pick<LoadedConfig, 'config' | 'originOf'>,
) {
  const isOpen = originOf('log.format').kind === 'default' && env.INVOCATION_ID === undefined;
  return isOpen && outIsTerminal ? 'text' : config.log.format;
}

/** A service that listens on every address of its machine is shown with a name that its certificate has. */
export function addresses(listens: string) {
  const url = listens.replace(/\/\/(0\.0\.0\.0|\[::\])(?=:)/, '//localhost');
  return {
    url,
    api: `${url}/v1`,
    page: `${url}/`,
    docs: `${url}/docs`,
    metrics: `${url}/metrics`,
    ready: `${url}/readyz`,
  };
}
