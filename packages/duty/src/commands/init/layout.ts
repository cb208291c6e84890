import { join } from 'node:path';
import { NEW_LEDGER_FILE } from '../../config/data-folder.ts';

/** The files and folders inside the folder of `init`. */
export function layout(dir: string, nodes: readonly string[]) {
  return {
    config: join(dir, 'watchbill.yaml'),
    data: join(dir, 'data'),
    newLedger: join(dir, 'data', NEW_LEDGER_FILE),
    token: join(dir, 'secrets', 'operator.token'),
    ca: pair(dir, 'ca'),
    server: pair(dir, 'server'),
    operator: pair(dir, 'operator'),
    nodes: nodes.map((name) => ({ name, ...pair(join(dir), join('nodes', name)) })),
  };
}

export type Layout = ReturnType<typeof layout>;

function pair(dir: string, name: string): { readonly certificate: string; readonly key: string } {
  return { certificate: join(dir, 'tls', `${name}.pem`), key: join(dir, 'tls', `${name}.key`) };
}
