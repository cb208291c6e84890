import { join, relative } from 'node:path';
import type { InitOptions } from './init-command.ts';
import type { Layout } from './layout.ts';

/** The files that were made, and the next steps with their numbers. */
export function madeText(made: readonly string[], steps: readonly string[]): string {
  const next = steps.map((step, index) => `  ${index + 1}. ${step}\n`);
  return `made:\n${made.map((path) => `  ${path}\n`).join('')}\nnext:\n${next.join('')}`;
}

/** The next steps of a new user, one sentence each. */
export function nextSteps(cwd: string, places: Layout, options: InitOptions): string[] {
  const { systemd } = options;
  const isHere = !systemd && relative(cwd, places.config) === 'watchbill.yaml';
  const config = isHere ? '' : ` --config ${places.config}`;
  const token = join(places.token, '../observer.token');
  const observer = [
    `make an identity for the observer: watchbill token create --role observer --name observer --out ${token}${config}`,
    'start the observer: systemctl enable --now watchbill-observer',
  ];
  return [
    systemd
      ? 'make the user and start the service: systemd-sysusers && systemctl daemon-reload && systemctl enable --now watchbill'
      : `start the service: watchbill serve${config}`,
    `look at it: watchbill status${systemd ? ' --wait 30' : ''}${config}`,
    `set which nodes may sign which duties: watchbill policy apply policy.yaml${config}${systemd ? '' : ' (watchbill policy apply --help shows a document)'}`,
    ...(systemd ? observer : []),
    `make an identity for each node: ${identity(places, options, config)}`,
    `stop every signer of the key, then: watchbill adopt${config} (see --help)`,
    ...tlsSteps(places, options),
  ];
}

function identity(places: Layout, options: InitOptions, config: string): string {
  if (options.node.length === 0)
    return `watchbill token create --role node --name NAME --out NAME.token${config}`;
  return `copy ${join(places.nodes[0]?.certificate ?? '', '..')}/NAME.pem and NAME.key to the machine of each node`;
}

export function tlsSteps(places: Layout, options: InitOptions): string[] {
  if (!options.tls)
    return [
      `before other machines connect: make certificates (watchbill init --certificates${options.dir === '.' ? '' : ` --dir ${options.dir}`})`,
    ];
  return [
    'let other machines connect: set service.listen.host in watchbill.yaml',
    `keep ${places.ca.key} off line; it signs certificates for ten years, each other certificate ends after one`,
  ];
}
